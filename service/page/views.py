"""The views of the page in forms that programs read: the same address, filters included, answers what a browser shows.

    curl -H 'Accept: text/markdown' http://127.0.0.1:4200/artifacts/key/daily-report

The request is handed to the route of the API that the page itself would ask, and who may ask that is checked there.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Raw, Struct
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.takeaways.csv import as_csv
from service.takeaways.markdown import table
from service.takeaways.sheet import sheet_of

MARKDOWN, CSV, JSON, HTML = "text/markdown", "text/csv", "application/json", "text/html"
FORMS = {MARKDOWN: "markdown", CSV: "csv", JSON: "json"}

_KEY = re.compile(r"/artifacts/key/([a-z0-9-]+)")
_ARTIFACT = re.compile(r"/artifacts/artifact/([0-9a-f-]{36})")

_SRC_CHARS = 160

Told: TypeAlias = Callable[[bytes], str]


class View(Struct, frozen=True):
    """What is asked for in the place of a page."""

    path: str
    """Of the API's route."""
    query: str
    media_type: str
    told: Told | None
    """What makes the view of the route's answer; None: that is it."""


class _Page(Struct):
    cards: Raw


def view_of(path: str, query: str, accept: str) -> View | None:
    """The view of a page that a request asks for; None: it is for the page itself. Pure."""
    media_type = _wanted(accept)
    if media_type is None:
        return None
    asked = [("as_of" if name == "at" else name, value) for name, value in parse_qsl(query)]
    if (artifact := _ARTIFACT.fullmatch(path)) is not None:
        asked = [("format", FORMS[media_type]), *(each for each in asked if each[0] == "as_of")]
        return View(f"/ui/artifacts/{artifact[1]}/data", urlencode(asked), media_type, None)
    if (key := _KEY.fullmatch(path)) is not None:
        if media_type == MARKDOWN:
            asked = [("format", FORMS[media_type]), *(each for each in asked if each[0] == "as_of")]
            return View(f"/ui/keys/{key[1]}/file", urlencode(asked), media_type, None)
        told = _in_csv if media_type == CSV else None
        return View(f"/artifacts/{key[1]}/versions", urlencode(asked), media_type, told)
    if path == "/artifacts":
        of_list: dict[str, Told] = {MARKDOWN: cards_in_markdown, CSV: cards_in_csv}
        return View("/ui/cards", urlencode(asked), media_type, of_list.get(media_type))
    return None


def _wanted(accept: str) -> str | None:
    """The first form that is accepted; None: a browser asks, or anything will do."""
    accepted = [each.partition(";")[0].strip() for each in accept.lower().split(",")]
    return None if HTML in accepted else next((each for each in accepted if each in FORMS), None)


def viewed(view: View, endpoint: ASGIApp) -> ASGIApp:
    """An application that answers as `endpoint` does, in the form of the view. A refusal stays as it is."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if view.told is None:
            await endpoint(scope, receive, send)
            return
        begun: list[Message] = []
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
            body.extend(message.get("body", b""))

        await endpoint(scope, receive, collect)
        [start] = begun
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        headers.pop("content-length", None)
        if start["status"] != 200:
            await Response(bytes(body), start["status"], headers)(scope, receive, send)
            return
        headers.pop("content-type", None)
        text = view.told(bytes(body))
        await Response(text.encode(), 200, headers | {"Vary": "Accept"}, view.media_type)(scope, receive, send)

    return serve


def cards_in_markdown(body: bytes) -> str:
    answer = json.loads(body)
    rows = [
        (
            each["key"] or each["artifact_id"],
            _said(each["preview"]),
            str(each["versions"]),
            each["updated"],
            each["actor"],
            each["flow_run_name"] or "",
        )
        for each in answer["cards"]
    ]
    heading = f"# Artifacts\n\n{len(rows):,} of {answer['total']:,}, at position {answer['position']:,}.\n\n"
    return heading + table(("key", "says", "versions", "updated", "by", "run"), rows)


def cards_in_csv(body: bytes) -> str:
    return _in_csv(bytes(msgspec.json.decode(body, type=_Page).cards))


def _in_csv(body: bytes) -> str:
    return "".join(as_csv(sheet_of(body.decode())))


def _said(preview: Mapping[str, Any]) -> str:
    """A preview in a few words."""
    match preview["kind"]:
        case "progress":
            said = f"{preview['value']:g}%"
        case "table":
            said = f"{preview['rows']:,} × {preview['columns']:,}"
        case "link":
            said = f"{preview['text']} ({preview['href']})"
        case "large":
            said = f"{preview['bytes']:,} bytes"
        case "absent":
            said = f"it was {preview['reason']}"
        case "image":
            said = preview["src"][:_SRC_CHARS]
        case _:
            said = preview.get("line", "no data")
    return said
