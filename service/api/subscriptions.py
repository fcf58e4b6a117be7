"""The routes of named subscriptions: make and look at them, and what their members do."""

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from events.clock import as_text
from events.subscriptions.errors import SubscriptionNotFound
from events.subscriptions.parking import PARKED_PAGE_MAX, Parked
from events.subscriptions.rules import SECOND
from service import parsing
from service.api.direct import GUARDED, INVALID, INVALID_BODY, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import answer, request_body
from service.context import context_of
from service.json_text import quoted
from service.parts import parts_of
from service.schemas.refusals import Problem
from service.schemas.subscriptions import (
    NAME,
    Ack,
    Extend,
    Extended,
    Fetch,
    Fetched,
    Nack,
    ParkedPage,
    Replay,
    SubscriptionPut,
    SubscriptionShown,
    SubscriptionsShown,
)
from service.streams.followers import shown
from service.streams.starting import POSITION_DIGITS_MAX, InvalidStart
from service.subscriptions import delivery_json

router = APIRouter(route_class=DirectRoute, tags=["Subscriptions"], responses=GUARDED | UNAVAILABLE)

_NAME = {"name": {"type": "string", "pattern": f"^{NAME.pattern}$"}}
_NAME_AND_POSITION = _NAME | {"position": {"type": "integer", "minimum": 1, "maximum": 10**POSITION_DIGITS_MAX - 1}}
_RESET = {"reset": {"type": "boolean", "description": "Begin anew, if filter or start are others."}}
_AFTER = {"after": {"type": "integer", "minimum": 0, "maximum": 10**POSITION_DIGITS_MAX - 1}}

NOT_FOUND: Responses = {
    404: {"model": Problem, "description": "There is no such subscription, or nothing parked there."}
}
CONFLICT: Responses = {409: {"model": Problem, "description": "It is not in a state for this. Nothing was changed."}}
MADE: Responses = {201: {"model": SubscriptionShown, "description": "It was made, or begins anew."}}


@router.get("/subscriptions", response_model=SubscriptionsShown)
async def list_subscriptions(request: Request) -> Response:
    """All who subscribe to this log, and how far each is behind."""
    log = context_of(request).log
    live = [shown(each) for each in parts_of(request).feeds.followers() if each.log == log]
    named = await parts_of(request).subscriptions.all_shown(log)
    return JSONResponse({"named": named, "live": [each.model_dump(mode="json") for each in live]})


@router.put(
    "/subscriptions/{name}",
    response_model=SubscriptionShown,
    responses=MADE | INVALID_BODY | CONFLICT,
    openapi_extra=documented(SubscriptionPut, path=_NAME, query=_RESET, body_required=False),
)
async def put_subscription(request: Request) -> Response:
    """Make a named subscription, or change all of it but its filter and start."""
    name = request.path_params["name"]
    if not NAME.fullmatch(name):
        raise _invalid(["path", "name"], f"Input should match {NAME.pattern}", name)
    asked = parsing.body_of(await request_body(request), SubscriptionPut)
    log = context_of(request).log
    try:
        is_new = await parts_of(request).subscriptions.put(log, name, asked, reset=_flag(request, "reset"))
    except InvalidStart as error:
        raise _invalid(["body", "start"], str(error), str(asked.start)) from None
    return JSONResponse(await parts_of(request).subscriptions.shown(log, name), 201 if is_new else 200)


@router.get(
    "/subscriptions/{name}", response_model=SubscriptionShown, responses=NOT_FOUND, openapi_extra=documented(path=_NAME)
)
async def read_subscription(request: Request) -> Response:
    """A named subscription, and how far it has come."""
    return JSONResponse(await parts_of(request).subscriptions.shown(*_which(request)))


@router.delete(
    "/subscriptions/{name}",
    status_code=204,
    response_class=Response,
    responses=NOT_FOUND,
    openapi_extra=documented(path=_NAME),
)
async def delete_subscription(request: Request) -> Response:
    """Delete a named subscription with all that is outstanding and parked."""
    await parts_of(request).subscriptions.remove(*_which(request))
    return Response(status_code=204)


@router.post(
    "/subscriptions/{name}/fetch",
    response_model=Fetched,
    responses=NOT_FOUND | CONFLICT | INVALID_BODY,
    openapi_extra=documented(Fetch, path=_NAME, body_required=False),
)
async def fetch(request: Request) -> Response:
    """Lease the next events. Each is this member's until it is settled or the lease ends."""
    asked = parsing.body_of(await request_body(request), Fetch)

    async def is_wanted() -> bool:
        return not await request.is_disconnected()

    member = asked.member or context_of(request).origin.actor
    wait_s = min(asked.wait_s, parts_of(request).settings.poll_timeout_s)
    leased = await parts_of(request).subscriptions.fetch(*_which(request), member, asked.max, wait_s, is_wanted)
    return answer(f'{{"deliveries":[{",".join(map(delivery_json, leased))}]}}', 200)


@router.post(
    "/subscriptions/{name}/ack",
    status_code=204,
    response_class=Response,
    responses=NOT_FOUND | CONFLICT | INVALID_BODY,
    openapi_extra=documented(Ack, path=_NAME),
)
async def ack(request: Request) -> Response:
    """Say that events are done: they are not delivered again."""
    asked = parsing.body_of(await request_body(request), Ack)
    await parts_of(request).subscriptions.members.ack(*_which(request), asked.tokens)
    return Response(status_code=204)


@router.post(
    "/subscriptions/{name}/nack",
    status_code=204,
    response_class=Response,
    responses=NOT_FOUND | CONFLICT | INVALID_BODY,
    openapi_extra=documented(Nack, path=_NAME),
)
async def nack(request: Request) -> Response:
    """Say that events failed: they are delivered again later, or parked after the last attempt."""
    asked = parsing.body_of(await request_body(request), Nack)
    delay = None if asked.delay_s is None else int(asked.delay_s * SECOND)
    await parts_of(request).subscriptions.members.nack(*_which(request), asked.tokens, error=asked.error, delay=delay)
    return Response(status_code=204)


@router.post(
    "/subscriptions/{name}/extend",
    response_model=Extended,
    responses=NOT_FOUND | CONFLICT | INVALID_BODY,
    openapi_extra=documented(Extend, path=_NAME),
)
async def extend(request: Request) -> Response:
    """Hold events for longer."""
    asked = parsing.body_of(await request_body(request), Extend)
    by = None if asked.by_s is None else int(asked.by_s * SECOND)
    until = await parts_of(request).subscriptions.members.extend(*_which(request), asked.tokens, by)
    return JSONResponse({"until": as_text(until)})


@router.get(
    "/subscriptions/{name}/parked",
    response_model=ParkedPage,
    responses=NOT_FOUND | INVALID,
    openapi_extra=documented(path=_NAME, query=_AFTER),
)
async def list_parked(request: Request) -> Response:
    """Events that were set aside after their last attempt, and why."""
    after = _whole(request.query_params.get("after", "0"), ["query", "after"])
    found = await parts_of(request).subscriptions.parked(*_which(request), after)
    more = f"{found[-1].delivery.position}" if len(found) == PARKED_PAGE_MAX else "null"
    return answer(f'{{"parked":[{",".join(map(_parked_json, found))}],"after":{more}}}', 200)


@router.post(
    "/subscriptions/{name}/parked/{position}/retry",
    status_code=204,
    response_class=Response,
    responses=NOT_FOUND | INVALID,
    openapi_extra=documented(path=_NAME_AND_POSITION),
)
async def retry_parked(request: Request) -> Response:
    """Deliver a parked event anew, its attempts forgotten."""
    await parts_of(request).subscriptions.retry(*_which(request), _position(request))
    return Response(status_code=204)


@router.delete(
    "/subscriptions/{name}/parked/{position}",
    status_code=204,
    response_class=Response,
    responses=NOT_FOUND | INVALID,
    openapi_extra=documented(path=_NAME_AND_POSITION),
)
async def discard_parked(request: Request) -> Response:
    """Give a parked event up."""
    await parts_of(request).subscriptions.discard(*_which(request), _position(request))
    return Response(status_code=204)


@router.post(
    "/subscriptions/{name}/replay",
    status_code=202,
    response_class=Response,
    responses=NOT_FOUND | CONFLICT | INVALID_BODY,
    openapi_extra=documented(Replay, path=_NAME),
)
async def replay(request: Request) -> Response:
    """Deliver any event again that the subscription has come past."""
    asked = parsing.body_of(await request_body(request), Replay)
    await parts_of(request).subscriptions.replay(*_which(request), asked.position)
    return Response(status_code=202)


@router.post(
    "/subscriptions/{name}/enable",
    response_model=SubscriptionShown,
    responses=NOT_FOUND,
    openapi_extra=documented(path=_NAME),
)
async def enable(request: Request) -> Response:
    """Switch a subscription on again."""
    await parts_of(request).subscriptions.enable(*_which(request))
    return JSONResponse(await parts_of(request).subscriptions.shown(*_which(request)))


def _which(request: Request) -> tuple[str, str]:
    """Log and name. Raises SubscriptionNotFound for what cannot be a name."""
    name = str(request.path_params["name"])
    if not NAME.fullmatch(name):
        raise SubscriptionNotFound(name)
    return context_of(request).log, name


def _position(request: Request) -> int:
    """Raises RequestValidationError."""
    return _whole(str(request.path_params["position"]), ["path", "position"])


def _whole(text: str, loc: list[str]) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= POSITION_DIGITS_MAX):
        raise _invalid(loc, "Input should be a position: a whole number from 0", text)
    return int(text)


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "false")
    if text not in ("true", "false"):
        raise _invalid(["query", name], "Input should be true or false", text)
    return text == "true"


def _invalid(loc: list[str], message: str, value: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": loc, "msg": message, "input": value}])


def _parked_json(parked: Parked) -> str:
    delivery = parked.delivery
    error = quoted(delivery.error)
    return (
        f'{{"position":{delivery.position},"attempts":{delivery.attempt},"since":"{as_text(delivery.until)}",'
        f'"error":{error},"event":{parked.event.json}}}'
    )
