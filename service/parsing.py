"""From a request's bytes to a command's content.

What is plainly valid takes the short way: msgspec reads it in one pass and leaves `data` as text. Everything
else takes the long way, in which pydantic has the last word and says what is wrong, in Prefect's form.
"""

import json
import re
from typing import Any, TypeVar

import msgspec
from fastapi.exceptions import RequestValidationError
from msgspec import UNSET, Raw, Struct, UnsetType
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from service import json_text
from service.deciding.commands import NewArtifact
from service.schemas.artifacts import KEY, METADATA_VALUE_MAX, ArtifactCreate, ArtifactUpdate, BatchCreate
from service.settings import Settings

Model = TypeVar("Model", bound=BaseModel)

_NULL = Raw(b"null")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DIGITS_MAX = 4_300
"""The longest integer that is turned into a number when a request is checked. Longer ones stay text."""

_encode = msgspec.json.Encoder().encode


class _Create(Struct, forbid_unknown_fields=True):
    key: str | None = None
    type: str | None = None
    description: str | None = None
    data: Raw = _NULL
    metadata_: dict[str, str] | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None


class _Update(Struct, forbid_unknown_fields=True):
    data: Raw | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    metadata_: dict[str, str] | None | UnsetType = UNSET


class _Data(Struct):
    data: Raw = _NULL


class _Batch(Struct):
    artifacts: list[Raw]


class Changes(Struct, frozen=True):
    """What an update changes, as JSON text; None: it stays."""

    data: str | None
    description: str | None
    metadata: str | None


_decode_create = msgspec.json.Decoder(_Create).decode
_decode_update = msgspec.json.Decoder(_Update).decode
_decode_data = msgspec.json.Decoder(_Data).decode
_decode_batch = msgspec.json.Decoder(_Batch).decode


def new_artifact(body: bytes, settings: Settings) -> NewArtifact:
    """Raises RequestValidationError (422), HTTPException (400)."""
    try:
        sent = _decode_create(body)
        data = bytes(sent.data).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _new_artifact_checked(body, settings)
    is_plain = (
        (sent.key is None or (KEY.fullmatch(sent.key) and len(sent.key) <= settings.max_key_length))
        and (sent.type is None or len(sent.type) <= settings.max_key_length)
        and (sent.flow_run_id is None or _UUID.fullmatch(sent.flow_run_id))
        and (sent.task_run_id is None or _UUID.fullmatch(sent.task_run_id))
        and _metadata_is_plain(sent.metadata_)
        and _data_is_plain(data, settings)
    )
    if not is_plain:
        return _new_artifact_checked(body, settings)
    return NewArtifact(
        key=sent.key,
        type=sent.type,
        flow_run_id=sent.flow_run_id,
        task_run_id=sent.task_run_id,
        data=data,
        description=_text(sent.description),
        metadata=_text(sent.metadata_),
    )


def changes(body: bytes, settings: Settings) -> Changes:
    """Raises RequestValidationError (422), HTTPException (400)."""
    try:
        sent = _decode_update(body)
        data = None if sent.data is UNSET else bytes(sent.data).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _changes_checked(body, settings)
    metadata = None if sent.metadata_ is UNSET else sent.metadata_
    if not _metadata_is_plain(metadata) or (data is not None and not _data_is_plain(data, settings)):
        return _changes_checked(body, settings)
    return Changes(
        data=data,
        description=None if sent.description is UNSET else _text(sent.description),
        metadata=None if sent.metadata_ is UNSET else _text(sent.metadata_),
    )


def batch(body: bytes, settings: Settings) -> list[bytes]:
    """The artifacts of a batch, each as it was sent. Raises RequestValidationError (422), HTTPException (400)."""
    try:
        items = _decode_batch(body).artifacts
    except (msgspec.MsgspecError, RecursionError):
        items = _batch_checked(body)
    if len(items) > settings.max_batch:
        message = f"A batch has at most {settings.max_batch} artifacts; this one has {len(items)}."
        raise _invalid("too_long", ["body", "artifacts"], message, None)
    return [bytes(item) for item in items]


def body_of(body: bytes, model: type[Model]) -> Model:
    """Any other JSON body. None stands for the model's defaults.

    Raises RequestValidationError (422), HTTPException (400).
    """
    body = body or b"{}"
    try:
        return model.model_validate_json(body)
    except ValidationError:
        loaded = parsed_json(body)
        return _validated(loaded, {} if loaded is None else loaded, model, None)


def check_content_type(request: Request, body: bytes) -> None:
    """Refuse what says that it is not JSON. Old clients say nothing."""
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        text = body.decode(errors="replace")
        raise _invalid(
            "model_attributes_type",
            ["body"],
            "Input should be a valid dictionary or object to extract fields from",
            text,
        )


def parsed_json(body: bytes) -> Any:
    """Raises RequestValidationError, or HTTPException where Prefect answers with 400."""
    if not body:
        raise _invalid("missing", ["body"], "Field required", None)
    try:
        text = body.decode("utf-8-sig")
        loaded = json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise _not_json(error.pos, error.msg, error.doc) from None
    except (UnicodeDecodeError, RecursionError):
        raise HTTPException(400, "There was an error parsing the body") from None
    half_pair = json_text.half_pair(text)
    if half_pair is not None:
        raise _not_json(half_pair, "Half of a surrogate pair, which no UTF-8 can carry", text)
    return loaded


def _new_artifact_checked(body: bytes, settings: Settings) -> NewArtifact:
    loaded = parsed_json(body)
    model = _validated(loaded, loaded, ArtifactCreate, settings)
    return NewArtifact(
        key=model.key,
        type=model.type,
        flow_run_id=None if model.flow_run_id is None else str(model.flow_run_id),
        task_run_id=None if model.task_run_id is None else str(model.task_run_id),
        data=_data_checked(body, loaded, settings),
        description=_text(model.description),
        metadata=_text(model.metadata_),
    )


def _changes_checked(body: bytes, settings: Settings) -> Changes:
    loaded = parsed_json(body)
    model = _validated(loaded, loaded, ArtifactUpdate, settings)
    given = model.model_fields_set
    return Changes(
        data=_data_checked(body, loaded, settings) if "data" in given else None,
        description=_text(model.description) if "description" in given else None,
        metadata=_text(model.metadata_) if "metadata_" in given else None,
    )


def _batch_checked(body: bytes) -> list[Raw]:
    loaded = parsed_json(body)
    _validated(loaded, loaded, BatchCreate, None)
    clean = json_text.with_nulls(body.decode("utf-8-sig"))
    try:
        return _decode_batch(clean.encode()).artifacts
    except RecursionError:
        raise HTTPException(400, "There was an error parsing the body") from None


def _validated(loaded: Any, value: Any, model: type[Model], settings: Settings | None) -> Model:
    if loaded is None and value is None:
        raise _invalid("missing", ["body"], "Field required", None)
    if not isinstance(value, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        raise _invalid("model_attributes_type", ["body"], message, value)
    context = None if settings is None else {"max_key_length": settings.max_key_length}
    try:
        return model.model_validate(value, context=context)
    except ValidationError as error:
        details = [{**each, "loc": ["body", *each["loc"]]} for each in error.errors(include_url=False)]
        raise RequestValidationError(details, body=loaded) from None


def _data_checked(body: bytes, loaded: Any, settings: Settings) -> str:
    clean = json_text.with_nulls(body.decode("utf-8-sig"))
    try:
        data = bytes(_decode_data(clean.encode()).data).decode()
    except RecursionError:
        raise _too_deep(settings, loaded) from None
    if not json_text.depth_is_within(data, settings.max_json_depth):
        raise _too_deep(settings, loaded)
    return data


def _too_deep(settings: Settings, loaded: Any) -> RequestValidationError:
    message = f"Value error, Arrays and objects may nest at most {settings.max_json_depth} deep."
    return _invalid("value_error", ["body", "data"], message, None, None)


def _not_json(position: int, reason: str, text: str) -> RequestValidationError:
    detail = {"type": "json_invalid", "loc": ["body", position], "msg": "JSON decode error", "input": {}}
    return RequestValidationError([{**detail, "ctx": {"error": reason}}], body=text)


def _invalid(kind: str, loc: list[str | int], message: str, value: Any, body: Any = None) -> RequestValidationError:
    detail = {"type": kind, "loc": loc, "msg": message, "input": value}
    return RequestValidationError([detail], body=value if body is None else body)


def _data_is_plain(data: str, settings: Settings) -> bool:
    return not json_text.may_be_infinite(data) and json_text.depth_is_within(data, settings.max_json_depth)


def _metadata_is_plain(metadata: dict[str, str] | None) -> bool:
    return metadata is None or all(len(value) <= METADATA_VALUE_MAX for value in metadata.values())


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS_MAX else float("inf")


def _text(value: Any) -> str:
    return "null" if value is None else _encode(value).decode()
