"""`digsite-server` commands as they are typed: in this process, which is quick, or in one of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from typer.testing import CliRunner

from service.__main__ import app, console

WIDTH = 150


class Ran(Struct, frozen=True):
    """A command that has ended: its exit status and what it showed."""

    status: int
    output: str

    def count(self, name: str) -> int:
        """The number in the report's row of this name."""
        rows = [line.split("│") for line in self.output.splitlines()]
        [count] = [cells[2] for cells in rows if len(cells) == 4 and cells[1].strip() == name]
        return int(count.strip().replace(",", ""))


class Digsite(Struct, frozen=True):
    """A database of Digsite, and what is run on it."""

    database_url: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"DIGSITE_HOME": str(self.home), "DIGSITE_DATABASE_URL": self.database_url}

    def run(self, *arguments: str) -> Ran:
        console.width = WIDTH
        ran = CliRunner().invoke(app, arguments, env=self.environment, catch_exceptions=False)
        return Ran(ran.exit_code, ran.output)

    def imported(self, *arguments: str) -> Ran:
        return self.run("import-prefect", *arguments)

    @contextmanager
    def importing(self, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
        """An import in a process of its own, killed in the end if it still runs."""
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "service", "import-prefect", *arguments],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()
