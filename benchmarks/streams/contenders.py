"""The contenders of a section: servers that run until it ends, each on a new database."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import servers
from benchmarks.compare import POSTGRES_CONTENDER, PREFECT, SQLITE_CONTENDER, starts
from benchmarks.databases import postgres_database
from benchmarks.streams.lab import Contender


@contextmanager
def contenders(folder: Path, postgres_url: str, redis_url: str, with_prefect: bool) -> Iterator["Contenders"]:
    """Whatever was started ends with the block. `redis_url`: a Redis by which servers tell each other, or \"\"."""
    with ExitStack() as stack:
        yield Contenders(stack, folder, postgres_url, redis_url, with_prefect)


class Contenders:
    """Starts what a section asks for."""

    def __init__(self, stack: ExitStack, folder: Path, postgres_url: str, redis_url: str, with_prefect: bool) -> None:
        self._stack = stack
        self._folder = folder
        self._postgres_url = postgres_url
        self._redis_url = redis_url
        self._with_prefect = with_prefect

    def sqlite(self) -> Contender:
        return self._started(SQLITE_CONTENDER)

    def postgres(self) -> Contender:
        return self._started(POSTGRES_CONTENDER)

    def prefects(self) -> list[Contender]:
        """None, if it is not to be measured."""
        return [self._started(PREFECT)] if self._with_prefect else []

    def pairs(self) -> list[Contender]:
        """Two servers on one database, by each way in which one hears of the other's writes."""
        pairs = [self._pair("PostgreSQL", {})]
        if self._redis_url:
            prefix = f"digsite-benchmark-{secrets.token_hex(6)}"
            settings = {"DIGSITE_REDIS_URL": self._redis_url, "DIGSITE_REDIS_PREFIX": prefix}
            pairs.append(self._pair("PostgreSQL and Redis", settings))
        return pairs

    def _started(self, name: str) -> Contender:
        start = starts(self._place(), self._postgres_url, self._with_prefect)[name]
        server = self._stack.enter_context(start())
        return Contender(name, server, server)

    def _pair(self, name: str, settings: dict[str, str]) -> Contender:
        database = self._stack.enter_context(postgres_database(self._postgres_url))
        folder = self._place()
        one, other = (self._stack.enter_context(servers.digsite(database.url, folder, settings)) for _ in range(2))
        return Contender(f"two Digsites, {name}", one, other)

    def _place(self) -> Path:
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(dir=self._folder)))
