"""The context of a request or a socket: which log it speaks to, and where it comes from."""

from msgspec import Struct
from starlette.requests import HTTPConnection
from starlette.types import Scope

from events.event import Origin

DEFAULT_LOG = "default"

_KEY = "digsite.context"


class Context(Struct, frozen=True):
    log: str
    origin: Origin


def put_context(scope: Scope, context: Context) -> None:
    scope[_KEY] = context


def context_of(request: HTTPConnection) -> Context:
    context: Context = request.scope[_KEY]
    return context
