"""The machine and the software that numbers were taken on: enough to judge them by, nothing that names it."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct

from benchmarks.databases import ask_postgres

GIB = 1024**3
PACKAGES = ("fastapi", "pydantic", "starlette", "uvicorn", "uvloop", "httptools", "msgspec", "asyncpg")


class Machine(Struct, frozen=True, kw_only=True):
    cpu: str
    cores: int
    memory_gib: float
    filesystem: str
    """Of the folder that the data lay in."""
    python: str
    sqlite: str
    postgres: str
    """Its version, and how durable a commit was."""
    packages: dict[str, str]


def this_machine(data: Path, postgres_url: str) -> Machine:
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 0,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB, 1),
        filesystem=_filesystem(data),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        postgres=_postgres(postgres_url),
        packages={name: version(name) for name in PACKAGES},
    )


def _cpu() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _filesystem(folder: Path) -> str:
    """The type of the file system, by the longest mount point that the folder is below."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(mount, kind) for mount, kind in mounts if folder.resolve().is_relative_to(mount)]
    return max(above, key=lambda each: len(each[0]))[1]


def _postgres(url: str) -> str:
    settings = {name: ask_postgres(url, f"SHOW {name}") for name in ("server_version", "fsync", "synchronous_commit")}
    version = settings.pop("server_version").split()[0]
    return ", ".join([version, *(f"{name}={value}" for name, value in settings.items())])
