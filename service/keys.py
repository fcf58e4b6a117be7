"""API keys: names, scopes, and the digests by which they are known. A key itself is shown once and never stored."""

import re
import secrets
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import BigInteger, Column, LargeBinary, Table, select

from events.event import Micros
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import BYTEWISE, METADATA, Row

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


def digest(token: str) -> bytes:
    """A plain hash is enough: a token is 256 random bits, not a password that could be guessed."""
    return sha256(token.encode()).digest()


def new_key(name: str, scope: Scope, log: str | None, created: Micros) -> tuple[str, ApiKey]:
    """A token, to be shown once, and the key that it is. Raises InvalidKey."""
    if not NAME.fullmatch(name):
        raise InvalidKey("name", name, NAME.pattern)
    if log is not None and not LOG_NAME.fullmatch(log):
        raise InvalidKey("log", log, LOG_NAME.pattern)
    token = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    return token, ApiKey(name, digest(token), scope, log, created, None)


def to_row(key: ApiKey) -> Row:
    return (key.name, key.digest, str(key.scope), key.log, key.created, key.revoked)


def from_row(row: Row) -> ApiKey:
    name, digest, scope, *rest = row
    return ApiKey(name, digest, Scope(scope), *rest)


async def read_keys(store: SqlStore) -> list[ApiKey]:
    """All keys, the revoked ones too, by name."""
    return [from_row(row) for row in await store.fetch(SELECT)]


SELECT = Statement(select(*TABLE.columns).order_by(TABLE.c.name), is_point_read=True)
