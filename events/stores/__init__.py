"""The storages of the log. `open_store` is the only place that knows them all."""

from collections.abc import Sequence

from events.clock import now
from events.recording import Clock
from events.stores.sql import InlineProjector, SqlStore

SQLITE = "sqlite:///"
POSTGRES = "postgresql://"


def open_store(url: str, projectors: Sequence[InlineProjector] = (), clock: Clock = now) -> SqlStore:
    """Open the storage at `url`: `sqlite:///path/to/file.db` or `postgresql://user:password@host:port/database`.

    Its tables must be there already. What `projectors` fold is written in the transaction of each append.
    A backend is imported only when it is asked for.

    Raises ValueError for another scheme.
    """
    if url.startswith(SQLITE):
        from events.stores.sqlite import SqliteStore

        return SqliteStore(url.removeprefix(SQLITE), projectors, clock)
    if url.startswith(POSTGRES):
        from events.stores.postgres import PostgresStore

        return PostgresStore(url, projectors, clock)
    raise ValueError(f"No storage for {url.split(':', maxsplit=1)[0]!r}: use {SQLITE}PATH or {POSTGRES}HOST/DATABASE.")


def open_reader(url: str) -> SqlStore:
    """Open the storage at `url` to read from it, beside whoever writes to it.

    Raises ValueError for another scheme.
    """
    if url.startswith(SQLITE):
        from events.stores.sqlite import SqliteReader

        return SqliteReader(url.removeprefix(SQLITE))
    return open_store(url)
