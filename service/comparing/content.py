"""What an artifact's data is: a table, a text, a number, a link, an image, or any JSON."""

import json
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from service.comparing.link import link_of
from service.comparing.number import is_number
from service.comparing.table import table_of
from service.comparing.values import Json

Kind: TypeAlias = Literal["table", "text", "link", "image", "number", "json"]

DIGITS_MAX = 4_300
"""Digits of an integer. A longer one is compared as a text."""

_decode = msgspec.json.Decoder().decode


class Content(Struct, frozen=True):
    kind: Kind
    value: Json
    """The data; of JSON that was sent as a string, what it holds."""
    form: Any = None
    """The same as what the kind says: a Table, a Link."""
    unit: str = ""
    """Of a number that is a progress: `%`."""


def content_of(data: str, type: str | None) -> Content:
    """What data is, given as JSON text, that was published as of this type.

    Prefect's SDK sends a table, and other data too, as a string that holds JSON.

    Raises TooLargeToCompare.
    """
    value = decoded(data)
    match type, value:
        case "image", str():
            return Content("image", value)
        case "link" | "markdown", str():
            link = link_of(value)
            return Content("text", value) if link is None else Content("link", value, link)
        case _, str():
            return _in_string(value, type)
    return _structured(value, type)


def _in_string(value: str, type: str | None) -> Content:
    if type is not None or value[:1] in ("[", "{"):
        try:
            found = decoded(value)
        except (ValueError, RecursionError):
            return Content("text", value)
        if not isinstance(found, str):
            return _structured(found, type)
    return Content("text", value)


def _structured(value: Json, type: str | None) -> Content:
    if is_number(value):
        return Content("number", value, unit="%" if type == "progress" else "")
    table = table_of(value) if type == "table" else None
    return Content("json", value) if table is None else Content("table", value, table)


def decoded(text: str) -> Json:
    """The value of a JSON text, null for NaN and its like. Raises ValueError, RecursionError."""
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return json.loads(text, parse_constant=lambda _: None, parse_int=_integer, parse_float=_float)


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= DIGITS_MAX else digits


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if abs(number) != float("inf") else None
