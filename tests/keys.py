"""API keys for tests, made as commands make them."""

from events.stores.sql import SqlStore
from service.context import DEFAULT_LOG
from service.deciding.commands import CreateKey, RevokeKey
from service.handler import carry_out
from service.keys import Scope, new_key
from service.provenance import from_command


async def create_key(store: SqlStore, name: str, scope: Scope, log: str | None = None) -> str:
    """The token of a new key."""
    token, key = new_key(name, scope, log, store.clock())
    await carry_out(store, DEFAULT_LOG, [CreateKey(key=key, origin=from_command("tests"))])
    return token


async def revoke_key(store: SqlStore, name: str) -> None:
    await carry_out(store, DEFAULT_LOG, [RevokeKey(name=name, origin=from_command("tests"))])
