"""Access: who may do what. Nothing is asked for until an auth string is set or an API key exists."""

import base64
import binascii
import hmac
import time

from msgspec import Struct

from events.stores.sql import SqlStore
from service.keys import ApiKey, Scope, digest, read_keys

KEYS_FRESH_S = 2.0
"""How long a process goes on with the keys it has read: so late, at most, a revoked key is refused."""

OPEN_PATHS = frozenset(("/health", "/ready"))
ADMIN_PATHS = ("/keys", "/rebuild")
READING_POSTS = ("/filter", "/count")


class Caller(Struct, frozen=True):
    """Who sends a request, and what they may do."""

    name: str
    scope: Scope
    log: str | None = None


ANYONE = Caller("anonymous", Scope.ADMIN)


class Unauthorized(Exception):
    """No credentials, or wrong ones."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


class Forbidden(Exception):
    """The credentials do not allow this."""

    def __init__(self, caller: Caller, needed: Scope, log: str) -> None:
        if caller.log is not None and caller.log != log:
            reason = f"it is bound to the log {caller.log!r}"
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
        self._has_keys = False
        self._read_at = float("-inf")

    async def is_open(self) -> bool:
        """Whether anyone may do anything."""
        await self._refresh()
        return self._auth_string is None and not self._has_keys

    def forget_keys(self) -> None:
        """Read the keys anew before the next check."""
        self._read_at = float("-inf")

    async def caller(self, authorization: str | None) -> Caller:
        """Raises Unauthorized."""
        await self._refresh()
        kind, _, value = (authorization or "").partition(" ")
        value = value.strip()
        if kind.lower() == "bearer":
            found = self._bearer(value)
            if found is not None:
                return found
        if kind.lower() == "basic" and self._is_auth_string(value):
            return Caller("basic", Scope.ADMIN)
        if self._auth_string is None and not self._has_keys:
            return ANYONE
        raise Unauthorized

    def _is_auth_string(self, value: str) -> bool:
        wanted = self._auth_string
        return wanted is not None and hmac.compare_digest(_decoded(value), wanted.encode())

    def _bearer(self, token: str) -> Caller | None:
        wanted = digest(token)
        if self._maintenance is not None and hmac.compare_digest(wanted, self._maintenance):
            return Caller("maintenance", Scope.ADMIN)
        key = self._keys.get(wanted)
        return None if key is None else Caller(key.name, key.scope, key.log)

    async def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._read_at > KEYS_FRESH_S:
            valid = [key for key in await read_keys(self._store) if key.revoked is None]
            self._keys = {key.digest: key for key in valid}
            self._has_keys = bool(valid)
            self._read_at = now


def needed_scope(method: str, path: str) -> Scope:
    """What a request must be allowed. `path` is below the API's root."""
    if path.startswith(ADMIN_PATHS):
        return Scope.ADMIN
    if method in ("GET", "HEAD", "OPTIONS") or (method == "POST" and path.endswith(READING_POSTS)):
        return Scope.READ
    return Scope.WRITE


def check(caller: Caller, scope: Scope, log: str) -> None:
    """Raises Forbidden."""
    if not caller.scope.includes(scope) or caller.log not in (None, log):
        raise Forbidden(caller, scope, log)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""
