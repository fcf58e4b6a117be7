"""Starting: a first start that is broken off is no hindrance to the next, and what hinders one is said."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import op

from events.errors import StorageUnavailable
from events.stores import sqlite
from service.app import opened
from service.migrations.upgrade import upgrade
from service.settings import Settings
from tests.invariants import check_log

LOG = "default"


class BrokenOff(BaseException):
    """As a kill would end it."""


def break_off(*_: Any, **__: Any) -> None:
    raise BrokenOff


async def test_a_migration_that_is_broken_off_leaves_nothing_behind(
    bare_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(op, "create_index", break_off)
        with pytest.raises(BrokenOff):
            await upgrade(bare_database_url)
    async with opened(Settings(database_url=bare_database_url)) as parts:
        assert await check_log(parts.store, LOG) == []


async def test_a_locked_file_that_cannot_be_prepared_is_said(
    bare_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCK_TIMEOUT_S", 0.1)
    with closing(sqlite3.connect(bare_sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageUnavailable, match="locked"):
            async with opened(Settings(database_url=bare_sqlite_url)):
                pass


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="No such file"):
        async with opened(Settings(database_url=f"sqlite:///{tmp_path / 'nowhere' / 'digsite.db'}")):
            pass
