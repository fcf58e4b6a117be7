"""A Prefect server that was in use is moved over: Digsite then answers as Prefect did."""

import asyncio
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from events.event import RecordedEvent
from events.stores import open_reader
from tests.e2e.moving.command import Digsite
from tests.e2e.moving.used import every_artifact
from tests.invariants import check_log
from tests.prefects import PrefectServer
from tests.servers import LiveServer


@pytest.fixture
def digsite(sqlite_url: str, tmp_path: Path) -> Digsite:
    return Digsite(sqlite_url, tmp_path)


@pytest.fixture(params=["api", "file"])
def whence(request: pytest.FixtureRequest, used_prefect: PrefectServer) -> list[str]:
    if request.param == "api":
        return ["--api-url", used_prefect.url]
    return ["--database-url", f"sqlite:///{used_prefect.database}"]


@pytest.fixture
def copy(used_prefect: PrefectServer, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of Prefect's database, which a test may change. It is at `tmp_path / "prefect.db"`."""
    with (
        closing(sqlite3.connect(used_prefect.database)) as there,
        closing(sqlite3.connect(tmp_path / "prefect.db")) as here,
    ):
        there.backup(here)
        yield here


def there(tmp_path: Path) -> list[str]:
    return ["--database-url", f"sqlite:///{tmp_path / 'prefect.db'}"]


def as_answered(prefect: PrefectServer, server: LiveServer, path: str) -> tuple[Any, Any]:
    """What both servers have, by id."""
    with httpx2.Client(base_url=prefect.url) as theirs, httpx2.Client(base_url=server.url) as ours:
        return every_artifact(theirs, path), every_artifact(ours, path)


def test_digsite_answers_as_prefect_did(
    used_prefect: PrefectServer, live_server: LiveServer, whence: list[str], tmp_path: Path
) -> None:
    ran = Digsite(live_server.database_url, tmp_path).imported(*whence)
    assert ran.status == 0, ran.output
    theirs, ours = as_answered(used_prefect, live_server, "/artifacts/filter")
    assert len(theirs) > 20
    assert ours == theirs
    theirs, ours = as_answered(used_prefect, live_server, "/artifacts/latest/filter")
    assert ours == theirs
    with httpx2.Client(base_url=used_prefect.url) as prefect, httpx2.Client(base_url=live_server.url) as api:
        for collection in theirs.values():
            path = f"/artifacts/{collection['key']}/latest"
            assert api.get(path).json() == prefect.get(path).json()


async def checked(digsite: Digsite) -> list[RecordedEvent]:
    """The events of a log that is whole."""
    store = open_reader(digsite.database_url)
    await store.open()
    try:
        return await check_log(store, "default")
    finally:
        await store.close()


def test_the_log_is_whole_and_a_rebuild_finds_nothing(whence: list[str], digsite: Digsite) -> None:
    digsite.imported(*whence)
    events = asyncio.run(checked(digsite))
    assert {placed.event.origin.actor for placed in events} == {"prefect:import"}
    rows = [line for line in digsite.run("rebuild").output.splitlines() if "│ default │" in line]
    assert rows
    assert all(row.split("│")[5].strip() == "0" for row in rows)


def test_again_it_brings_nothing(whence: list[str], digsite: Digsite) -> None:
    first, again = digsite.imported(*whence), digsite.imported(*whence)
    assert (first.status, again.status) == (0, 0)
    assert again.count("new artifacts") == again.count("events of artifacts and keys") == 0
    assert again.count("artifacts that are here already") == first.count("new artifacts") > 20
    assert again.count("events of assets that are here already") == first.count("events of assets") == 2


def test_what_came_from_the_api_is_what_is_in_the_database(used_prefect: PrefectServer, digsite: Digsite) -> None:
    assert digsite.imported("--api-url", used_prefect.url).status == 0
    assert digsite.imported("--database-url", f"sqlite:///{used_prefect.database}", "--check").status == 0


def test_a_dry_run_says_what_would_come_and_writes_nothing(whence: list[str], tmp_path: Path) -> None:
    database = tmp_path / "none.db"
    digsite = Digsite(f"sqlite:///{database}", tmp_path)
    ran = digsite.imported(*whence, "--dry-run")
    assert (ran.status, ran.count("new artifacts"), ran.count("events of assets")) == (0, 27, 2)
    assert not database.exists()
    brought = digsite.imported(*whence)
    for name in ("new artifacts", "keys of these", "versions of type progress", "characters of content"):
        assert brought.count(name) == ran.count(name)


def test_the_database_of_prefect_is_not_touched(used_prefect: PrefectServer, digsite: Digsite) -> None:
    def digests() -> list[str]:
        files = [used_prefect.database, used_prefect.home / "prefect.db-wal"]
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]

    before = digests()
    assert digsite.imported("--database-url", f"sqlite:///{used_prefect.database}").status == 0
    assert digests() == before


def test_a_database_in_a_folder_that_may_not_be_written_to_is_read(
    copy: sqlite3.Connection, digsite: Digsite, tmp_path: Path
) -> None:
    copy.close()
    folder = tmp_path / "read-only"
    folder.mkdir()
    shutil.copy(tmp_path / "prefect.db", folder)
    folder.chmod(0o500)
    try:
        ran = digsite.imported("--database-url", f"sqlite:///{folder / 'prefect.db'}")
    finally:
        folder.chmod(0o700)
    assert ran.status == 0, ran.output


def test_an_artifact_that_is_gone_is_named_and_left_out(used_prefect: PrefectServer, digsite: Digsite) -> None:
    ran = digsite.imported("--api-url", used_prefect.url, "--dry-run")
    assert ran.count("deleted at Prefect, which has only events of them") == 2
    assert "Deleted at Prefect, which has only events of them; left out (2):" in ran.output


def test_what_prefect_has_changed_since_comes_as_a_change(
    copy: sqlite3.Connection, digsite: Digsite, tmp_path: Path
) -> None:
    digsite.imported(*there(tmp_path))
    copy.execute("UPDATE artifact SET data = '7', updated = '2030-01-01 00:00:00.000000' WHERE key = 'a-link'")
    copy.execute(
        "UPDATE artifact_collection SET data = '7', updated = '2030-01-01 00:00:00.000000' WHERE key = 'a-link'"
    )
    copy.execute("DELETE FROM artifact WHERE key = 'large'")
    copy.execute("DELETE FROM artifact_collection WHERE key = 'large'")
    copy.commit()
    ran = digsite.imported(*there(tmp_path))
    assert (ran.status, ran.count("artifacts that Prefect has changed since")) == (0, 1)
    assert ran.count("events of artifacts and keys") == 2
    assert "Brought, and at Prefect no more (1):" in ran.output


def test_a_check_names_each_difference_and_fails(copy: sqlite3.Connection, digsite: Digsite, tmp_path: Path) -> None:
    digsite.imported(*there(tmp_path))
    assert digsite.imported(*there(tmp_path), "--check").status == 0
    [(id,)] = copy.execute("SELECT id FROM artifact WHERE key = 'a-link'")
    copy.execute("UPDATE artifact SET data = '\"other\"', description = 'other' WHERE key = 'a-link'")
    copy.execute("UPDATE artifact_collection SET created = '2020-01-01 00:00:00.000000' WHERE key = 'an-image'")
    copy.execute("INSERT INTO artifact (key, data) VALUES ('unknown', '1')")
    copy.commit()
    ran = digsite.imported(*there(tmp_path), "--check")
    assert ran.status == 1
    assert f"artifact {id} (a-link): data, description" in ran.output
    assert "key an-image: created" in ran.output
    assert "Missing here (1):" in ran.output
    assert "The log differs from" in ran.output


def test_what_cannot_be_brought_is_named_and_stops_nothing(
    copy: sqlite3.Connection, digsite: Digsite, tmp_path: Path
) -> None:
    rows = {
        "half a pair": ('"\\ud800"', "k1"),
        "too deep": ("[" * 300 + "]" * 300, "k2"),
        "no JSON": ('{"a":', "k3"),
        "key": ("1", "No_Key"),
        "long": ("1", "k" * 2000),
    }
    for data, key in rows.values():
        copy.execute("INSERT INTO artifact (data, key) VALUES (?, ?)", (data, key))
    copy.commit()
    ran = digsite.imported(*there(tmp_path))
    assert (ran.status, ran.count("new artifacts"), ran.count("cannot be brought")) == (0, 27, 5)
    for reason in (
        "half of a surrogate pair",
        "raise DIGSITE_MAX_JSON_DEPTH",
        "it is no JSON",
        "'No_Key'",
        "raise DIGSITE_MAX_KEY_LENGTH",
    ):
        assert reason in ran.output


def test_results_are_left_out_unless_they_are_asked_for(
    copy: sqlite3.Connection, digsite: Digsite, tmp_path: Path
) -> None:
    made = '{"storage_key": "/tmp/x", "serializer": {"type": "pickle"}, "prefect_version": "3.9.1"}'
    copy.execute("INSERT INTO artifact (data) VALUES (?)", (made,))
    copy.execute("INSERT INTO artifact (data, type) VALUES ('1', 'result')")
    copy.commit()
    name = "results that the Prefect server keeps for itself (--results)"
    without = digsite.imported(*there(tmp_path))
    assert (without.status, without.count(name), without.count("new artifacts")) == (0, 2, 27)
    with_them = digsite.imported(*there(tmp_path), "--results")
    assert (with_them.status, with_them.count(name), with_them.count("new artifacts")) == (0, 0, 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Say where from: --api-url"),
        (["--api-url", "http://127.0.0.1:9/api"], "The Prefect server at http://127.0.0.1:9/api/"),
        (["--database-url", "sqlite:////nowhere/prefect.db"], "There is no file /nowhere/prefect.db."),
        (["--database-url", "mysql://x"], "Say where from: --api-url"),
        (
            ["--database-url", "postgresql://nobody@127.0.0.1:9/x"],
            "cannot be read as the database of a Prefect 3 server",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(arguments: list[str], told: str, digsite: Digsite) -> None:
    ran = digsite.imported(*arguments)
    assert ran.status == 1
    assert ran.output.startswith("Error: ")
    assert told in ran.output
    assert "Traceback" not in ran.output


def test_a_digsite_is_not_taken_for_a_prefect_server(live_server: LiveServer, digsite: Digsite) -> None:
    ran = digsite.imported("--api-url", live_server.url)
    assert (ran.status, "is a Digsite" in ran.output) == (1, True)
