"""A PostgreSQL of the test's own, that may be stopped as hard as one likes. It syncs to disk, as a real one does."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType

import asyncpg

from tests.ports import free_port

USER = "postgres"
"""PostgreSQL refuses to run as root; then this user of the system runs it."""
TIMEOUT_S = 60


def find_binaries() -> Path | None:
    """Where `initdb` and `pg_ctl` are: those of the newest PostgreSQL that is installed."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: int(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    return None if found is None else Path(found).parent


class Cluster:
    """Running within `with`; its data goes with it."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._user = USER if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="digsite-cluster-"))
        self._port = free_port()
        self._databases = 0

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self._port}/postgres"

    async def create_database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        name = f"test_{self._databases}"
        admin = await asyncpg.connect(self.url)
        await admin.execute(f"CREATE DATABASE {name}")
        await admin.close()
        return self.url.rsplit("/", 1)[0] + f"/{name}"

    async def end_backends(self) -> int:
        """End all connections to this cluster but one's own. Answers how many there were."""
        admin = await asyncpg.connect(self.url)
        ended = await admin.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        await admin.close()
        return len(ended)

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """It is stopped as if the power had gone: what runs is cut off, nothing is written any more."""
        await asyncio.to_thread(self._stop_hard)
        try:
            yield
        finally:
            await asyncio.to_thread(self._start)

    def _start(self) -> None:
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=on"
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-l", str(self._folder / "log"), "-o", options)

    def _stop_hard(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-D", self._data, "-m", "immediate")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It hangs: its connections stand, and nothing is answered."""
        postmaster = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)  # from now on no child comes, and none that ends is gone
        children = [int(child) for child in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
        try:
            for child in children:
                os.kill(child, signal.SIGSTOP)
            yield
        finally:
            for process in (*children, postmaster):
                os.kill(process, signal.SIGCONT)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._binaries / program), *arguments],
            check=True,
            cwd=self._folder,
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
        )

    def __enter__(self) -> "Cluster":
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        self._run("initdb", "-D", self._data, "-U", USER, "--auth=trust", "--no-sync", "--no-instructions")
        self._start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        try:
            self._stop_hard()
        finally:
            shutil.rmtree(self._folder)
