"""Leftovers: tables beside serving ones whose rebuild died with its process, so that nobody took them away.

The name of such a table says when it was made. Nobody rebuilds for a day: what is older belongs to nobody.
"""

import re
import secrets

from sqlalchemy import select, text

from events.event import Micros
from events.stores.sql import SqlStore
from events.stores.statement import Statement, TableNames

LEFT_S = 24 * 3600
"""From what age on a table beside a serving one is nobody's."""

_BESIDE = re.compile(r"[a-z_]+_rebuilt_([0-9a-f]{8})[0-9a-f]*")
_TABLES = Statement(select(TableNames().rows.c.name))


def name_beside(table: str, moment: Micros) -> str:
    """A name that no other rebuild has."""
    return f"{table}_rebuilt_{moment // 1_000_000:08x}{secrets.token_hex(4)}"


async def sweep(store: SqlStore, *, is_alone: bool) -> list[str]:
    """Take away what nobody fills any more; with `is_alone`, nobody fills any. Answers with the names of the tables.

    Raises StorageUnavailable.
    """
    limit = store.clock() // 1_000_000 - LEFT_S
    names = [name for (name,) in await store.fetch(_TABLES)]
    found = {name: made for name in names if (made := _BESIDE.fullmatch(name))}
    left = [name for name, made in found.items() if is_alone or int(made[1], 16) < limit]
    for name in left:
        await store.run([(Statement(text(f"DROP TABLE IF EXISTS {name}")), {})])
    return left
