"""Access: who may do what.

Nothing is asked for until an auth string is set or the first API key is made. To revoke a key opens nothing again.
"""

import base64
import binascii
import hmac
import time

from msgspec import Struct

from events.stores.sql import SqlStore
from service.keys import ApiKey, Scope, digest, read_keys
from service.provenance import MAINTENANCE

KEYS_FRESH_S = 2.0
"""How long a process goes on with the keys it has read: so late, at most, a revoked key is refused."""

OPEN_PATHS = frozenset(("/health", "/ready"))
ADMIN_PATHS = ("/keys", "/rebuild", "/imports", "/erasures", "/vacuum", "/retention", "/archive")
COUNTING_POSTS = ("/count", "/count-by/day", "/count-by/time", "/count-by/event", "/count-by/resource")
LISTING_POSTS = ("/filter", *COUNTING_POSTS)
CONSUMING_POSTS = ("/fetch", "/ack", "/nack", "/extend")
"""A member of a named subscription reads: to consume takes no right to publish, and none to change the subscription."""
PREFECTS_READING_POSTS = (
    "/paginate",
    "/history",
    "/lateness",
    "/next-runs",
    "/concurrency_status",
    "/count-deployments",
    "/count-task-runs",
    "/dashboard/counts",
    "/validate",
)
"""Further ones of the Prefect server. To get the runs that are due is not among them: it notes that somebody polls."""
SECRETS = "/block_documents"
"""Where the Prefect server shows passwords to those who ask for them."""

_LOOKING_POSTS = (*LISTING_POSTS, *PREFECTS_READING_POSTS)


class Caller(Struct, frozen=True):
    """Who sends a request, and what they may do."""

    name: str
    scope: Scope
    log: str | None = None


ANYONE = Caller("anonymous", Scope.ADMIN)
BASIC = Caller("basic", Scope.ADMIN)
"""Who knows the auth string."""


class Unauthorized(Exception):
    """No credentials, or wrong ones. `challenge` says which kinds are taken: a browser asks for a password then."""

    def __init__(self, *, takes_basic: bool) -> None:
        super().__init__("Unauthorized")
        self.challenge = 'Basic realm="Digsite", Bearer' if takes_basic else "Bearer"


class Forbidden(Exception):
    """The credentials do not allow this."""

    def __init__(self, caller: Caller, needed: Scope, log: str) -> None:
        if caller.log is not None and caller.log != log:
            reason = f"it is bound to the log {caller.log!r}"
        elif caller.scope.includes(needed):
            reason = f"it is bound to the log {caller.log!r}, and this concerns all logs"
        else:
            reason = f"its scope is {caller.scope}, and this needs {needed}"
        super().__init__(f"The API key {caller.name!r} does not allow this: {reason}.")


class Access:
    """Checks the credentials of requests against the auth string, the API keys, and the local maintenance token."""

    def __init__(self, store: SqlStore, auth_string: str | None, maintenance_token: str | None) -> None:
        self._store = store
        self._auth_string = auth_string
        self._maintenance = None if maintenance_token is None else digest(maintenance_token)
        self._keys: dict[bytes, ApiKey] = {}
        self._had_keys = False
        self._read_at = float("-inf")

    async def is_guarded(self) -> bool:
        """Whether there is an auth string, or was ever an API key."""
        await self._refresh()
        return self._auth_string is not None or self._had_keys

    def forget_keys(self) -> None:
        """Read the keys anew before the next check."""
        self._read_at = float("-inf")

    async def caller(self, authorization: str | None) -> Caller:
        """Raises Unauthorized."""
        is_guarded = await self.is_guarded()
        kind, _, value = (authorization or "").partition(" ")
        value = value.strip()
        if kind.lower() == "bearer":
            found = self._bearer(value)
            if found is not None:
                return found
        if kind.lower() == "basic" and self._is_auth_string(_decoded(value)):
            return BASIC
        if not is_guarded:
            return ANYONE
        raise Unauthorized(takes_basic=self._auth_string is not None)

    async def caller_of_token(self, token: str) -> Caller:
        """Who sends a bare token, as sockets do: the auth string itself, or an API key. Raises Unauthorized."""
        if self._is_auth_string(token.encode()):
            return BASIC
        return await self.caller(f"Bearer {token}")

    def _is_auth_string(self, sent: bytes) -> bool:
        wanted = self._auth_string
        return wanted is not None and hmac.compare_digest(sent, wanted.encode())

    def _bearer(self, token: str) -> Caller | None:
        wanted = digest(token)
        if self._maintenance is not None and hmac.compare_digest(wanted, self._maintenance):
            return Caller(MAINTENANCE, Scope.ADMIN)
        key = self._keys.get(wanted)
        return None if key is None else Caller(key.name, key.scope, key.log)

    async def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._read_at > KEYS_FRESH_S:
            keys = await read_keys(self._store)
            self._keys = {key.digest: key for key in keys if key.revoked is None}
            self._had_keys = bool(keys)
            self._read_at = now


def needed_scope(method: str, path: str) -> Scope:
    """What a request must be allowed. `path` is below the API's root."""
    if path.startswith(ADMIN_PATHS):
        return Scope.ADMIN
    if SECRETS in path:
        return Scope.WRITE
    if only_looks(method, path) or (method == "POST" and path.endswith(CONSUMING_POSTS)):
        return Scope.READ
    return Scope.WRITE


def only_looks(method: str, path: str) -> bool:
    """Whether a request leaves everything as it is."""
    return method in ("GET", "HEAD", "OPTIONS") or (method == "POST" and path.endswith(_LOOKING_POSTS))


def needed_socket_scope(path: str) -> Scope:
    """What a socket that is passed on must be allowed: those that only send things out end so."""
    return Scope.READ if path.endswith("/out") else Scope.WRITE


def check(caller: Caller, scope: Scope, log: str) -> None:
    """What needs `admin` concerns all logs, so a key that is bound to one does not do. Raises Forbidden."""
    reaches = caller.log is None or (caller.log == log and scope is not Scope.ADMIN)
    if not caller.scope.includes(scope) or not reaches:
        raise Forbidden(caller, scope, log)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""
