"""The epoch: which life of a log its positions belong to. Whoever restores a log, or makes one anew, begins another.

Restored from a backup, positions behind it are used again for other events. A cursor names its epoch, and is told.
"""

from collections.abc import Mapping

from sqlalchemy import bindparam, text, update

from events.event import Micros
from events.stores.sql import Fetch
from events.stores.statement import Statement
from events.stores.tables import LOGS

MINUTE: Micros = 60_000_000


def next_epoch(before: int, moment: Micros) -> int:
    """A later one: that of the minute, so that two that are begun from the same place without knowing of each other,
    say after a disk was lost twice, are not the same. Pure.
    """
    return max(before + 1, moment // MINUTE)


async def begin_epoch(fetch: Fetch, known: Mapping[str, int], moment: Micros) -> dict[str, int]:
    """Begin another epoch of every log, later than those that are known of by name. Answers with them."""
    epochs = {
        name: next_epoch(max(epoch, known.get(name, 0)), moment) for name, epoch in await fetch(Statement(text(EPOCHS)))
    }
    for name, epoch in epochs.items():
        await fetch(SET_EPOCH, name=name, new_epoch=epoch)
    return epochs


EPOCHS = "SELECT name, epoch FROM logs ORDER BY log"
SET_EPOCH = Statement(update(LOGS).where(LOGS.c.name == bindparam("name")).values(epoch=bindparam("new_epoch")))
