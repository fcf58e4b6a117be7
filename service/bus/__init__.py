"""The bus: tells other processes over the same database that a log may have grown.

    a write ─► announce ─► (few ms, under load) ─► the first carrier that takes it ─► wake-ups elsewhere ─► the log

Only wake-ups travel, no events. One that is lost, doubled, late or wrong costs time, never an event
(`docs/adr/0014-feed.md`).
"""

from collections.abc import Callable

from events.stores import SQLITE
from service.bus.bus import Bus
from service.bus.carrier import Carrier
from service.bus.postgres_carrier import PostgresCarrier
from service.bus.redis_carrier import RedisCarrier
from service.redis_client import connect
from service.settings import Settings

__all__ = ["Bus", "Carrier", "bus_of"]


def bus_of(settings: Settings, heard: Callable[[str], None]) -> Bus:
    """The bus that these settings ask for. `heard` is called with each log of which another process sends word."""
    return Bus(carriers_of(settings), heard)


def carriers_of(settings: Settings) -> list[Carrier]:
    """The quickest first. A SQLite file has one process, which needs none."""
    if settings.database.startswith(SQLITE):
        return []
    carriers: list[Carrier] = [PostgresCarrier(settings.database)]
    if settings.redis_url:
        carriers.insert(0, RedisCarrier(connect(settings.redis_url), settings.redis_prefix))
    return carriers
