"""API keys: names, scopes, and the digests by which they are known. A key itself is shown once and never stored."""

import re
import secrets
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import BigInteger, Column, LargeBinary, Table, bindparam, select, text, update

from events.event import Micros
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import BYTEWISE, METADATA

PREFIX = "digsite_"
SECRET_BYTES = 32
NAME_MAX = 100
NAME = re.compile(rf"^[A-Za-z0-9._@-]{{1,{NAME_MAX}}}$")
LOG_NAME = re.compile(r"^[A-Za-z0-9._/-]{1,300}$")

TABLE = Table(
    "api_keys",
    METADATA,
    Column("name", BYTEWISE, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("scope", BYTEWISE, nullable=False),
    Column("log", BYTEWISE),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)


class Scope(StrEnum):
    """What a key allows; each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: "Scope") -> bool:
        return _RANK[other] <= _RANK[self]


_RANK = {scope: rank for rank, scope in enumerate(Scope)}


class ApiKey(Struct, frozen=True):
    name: str
    digest: bytes
    scope: Scope
    log: str | None
    """The log that it is bound to; None: all."""
    created: Micros
    revoked: Micros | None

    def opens(self, log: str) -> bool:
        return self.log is None or self.log == log


class InvalidKey(Exception):
    """The name, or the log, has characters that it may not have."""

    def __init__(self, what: str, value: str, allowed: str) -> None:
        super().__init__(f"{value!r} cannot be the {what} of an API key. It must match {allowed}.")
        self.what, self.value, self.allowed = what, value, allowed


class KeyExists(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is or was an API key named {name!r}; a name is used once. Choose another.")
        self.name = name


class KeyNotFound(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no API key named {name!r} that could be revoked.")
        self.name = name


def digest(token: str) -> bytes:
    """A plain hash is enough: a token is 256 random bits, not a password that could be guessed."""
    return sha256(token.encode()).digest()


async def create_key(store: SqlStore, name: str, scope: Scope, log: str | None = None) -> str:
    """The new key, to be shown once. Raises InvalidKey; KeyExists, also if another takes the name just now."""
    if not NAME.fullmatch(name):
        raise InvalidKey("name", name, NAME.pattern)
    if log is not None and not LOG_NAME.fullmatch(log):
        raise InvalidKey("log", log, LOG_NAME.pattern)
    token = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    row = {"name": name, "digest": digest(token), "scope": str(scope), "log": log, "created": store.clock()}
    _, [(stored,)] = await store.run([(_INSERT, {**row, "revoked": None}), (_DIGEST_OF, {"which": name})])
    if stored != row["digest"]:
        raise KeyExists(name)
    return token


async def revoke_key(store: SqlStore, name: str) -> None:
    """Raises KeyNotFound."""
    if not any(key.name == name and key.revoked is None for key in await read_keys(store)):
        raise KeyNotFound(name)
    await store.run([(_REVOKE, {"which": name, "revoked": store.clock()})])


async def read_keys(store: SqlStore) -> list[ApiKey]:
    """All keys, the revoked ones too, by name."""
    rows = await store.fetch(_SELECT)
    return [ApiKey(name, digest, Scope(scope), *rest) for name, digest, scope, *rest in rows]


_COLUMNS = [column.name for column in TABLE.columns]
_INSERT = Statement(
    text(
        f"INSERT INTO {TABLE.name} ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)}) "
        "ON CONFLICT DO NOTHING"
    )
)
_DIGEST_OF = Statement(select(TABLE.c.digest).where(TABLE.c.name == bindparam("which")))
_REVOKE = Statement(update(TABLE).where(TABLE.c.name == bindparam("which")).values(revoked=bindparam("revoked")))
_SELECT = Statement(select(*TABLE.columns).order_by(TABLE.c.name), is_point_read=True)
