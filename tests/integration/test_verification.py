"""Verification holds for a log of odd texts, and names where something was altered, whatever it was."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from events.absences import Reason, remove_bodies, remove_labels
from events.event import Origin
from events.stores import SQLITE, open_reader, open_store
from events.stores.sql import Transaction
from events.streams import RESOURCE, StreamId
from events.testing import an_event, one
from events.verification import Fault, Wrong
from projections.verification import Span, verify
from projections.verification.whole import one_by_one
from service.deciding.commands import NewArtifact
from service.parts import Parts
from service.settings import Settings
from service.verification.crew import crew
from service.verification.showing import LogNotFound, show_verification
from tests.databases import postgres_database, run_apart
from tests.retaining import applied, put
from tests.verifying import ODD_HEAD, alter, folded, verified, write_odd_log

ALTERATIONS = {
    "a header": ("UPDATE events SET type = 'another' WHERE position = 3", 3, Wrong.CHAIN),
    "who it was": ("UPDATE events SET actor = 'nobody' WHERE position = 3", 3, Wrong.CHAIN),
    "a label": ("""UPDATE events SET related = '[{"role":"other"}]' WHERE position = 4""", 4, Wrong.LABELS),
    "a key": ("UPDATE events SET key = 'b' WHERE position = 4", 4, Wrong.LABELS),
    "a body": ("""UPDATE event_bodies SET content = '{"data":2}' WHERE position = 3""", 3, Wrong.BODY),
    "a hash": ("UPDATE events SET hash = commitment WHERE position = 3", 3, Wrong.CHAIN),
    "one event less": ("DELETE FROM events WHERE position = 3", 3, Wrong.MISSING),
    "the end cut off": (f"DELETE FROM events WHERE position = {ODD_HEAD}", ODD_HEAD, Wrong.MISSING),
    "the head set back": ("UPDATE logs SET position = 10", 11, Wrong.HEAD),
    "the head's hash": ("UPDATE logs SET hash = (SELECT hash FROM events WHERE position = 2)", 11, Wrong.HEAD),
    "a body taken away": ("DELETE FROM event_bodies WHERE position = 3", 3, Wrong.ABSENCE),
    "labels taken away": ("UPDATE events SET labels_salt = NULL WHERE position = 3", 3, Wrong.LABELS),
    "a body too many": (
        "INSERT INTO event_bodies SELECT 1, 4, '{}', hash FROM events WHERE position = 1",
        4,
        Wrong.BODY,
    ),
    "a body beyond": (
        "INSERT INTO event_bodies SELECT 1, 40, '{}', hash FROM events WHERE position = 1",
        40,
        Wrong.BODY,
    ),
    "an absence": ("INSERT INTO absences VALUES (1, 'body', 3, 4, 'erased', 5)", 3, Wrong.ABSENCE),
    "a row of an inline read model": ("UPDATE artifacts SET type = 'another' WHERE position = 5", 5, Wrong.READ_MODEL),
    "one such row less": ("DELETE FROM artifacts WHERE position = 5", 5, Wrong.READ_MODEL),
    "one that stands still": ("UPDATE collections SET position = 4", 7, Wrong.READ_MODEL),
    "one that is ahead": ("UPDATE collections SET position = 40", 40, Wrong.READ_MODEL),
    "a row of a catch-up projection": ("UPDATE assets SET succeeded = 2 WHERE succeeded = 1", 11, Wrong.READ_MODEL),
    "one such row less too": ("DELETE FROM asset_edges", 11, Wrong.READ_MODEL),
    "one more": ("INSERT INTO asset_edges VALUES (1, 1, 'x', 'y', 1, 2)", 11, Wrong.READ_MODEL),
    "the past": ("UPDATE artifact_history SET until_position = 9 WHERE position = 3", 11, Wrong.READ_MODEL),
}
"""What is done to a log, where that shows, and as what."""


@pytest.fixture(scope="session")
def odd_sqlite(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A file with an odd log, to be copied."""
    path = shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("odd") / "digsite.db")
    run_apart(write_odd_log(Settings(home=path.parent, database_url=f"sqlite:///{path}")))
    return path


@pytest.fixture(scope="session")
def odd_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with an odd log, to be copied."""
    with postgres_database() as url:
        run_apart(write_odd_log(Settings(home=tmp_path_factory.mktemp("odd"), database_url=url)))
        yield url


@pytest.fixture
def sqlite_copy(odd_sqlite: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copyfile(odd_sqlite, tmp_path / 'odd.db')}"


@pytest.fixture
def postgres_copy(odd_postgres: str) -> Iterator[str]:
    with postgres_database(template=odd_postgres.rsplit("/", 1)[1]) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def odd(request: pytest.FixtureRequest) -> str:
    """A database with an odd log in it."""
    return str(request.getfixturevalue(f"{request.param}_copy"))


async def test_a_log_that_nobody_altered_holds(odd: str) -> None:
    assert await verified(odd) is None


@pytest.mark.parametrize(("statement", "position", "wrong"), ALTERATIONS.values(), ids=ALTERATIONS)
async def test_what_was_altered_is_named(odd: str, statement: str, position: int, wrong: Wrong) -> None:
    await alter(odd, statement)
    fault = await verified(odd)
    assert fault is not None
    assert (fault.position, fault.wrong) == (position, wrong)


@pytest.mark.parametrize("found", [b"tests/1", b"[1.0,"])
async def test_one_byte_altered_in_the_raw_file_is_found(sqlite_copy: str, found: bytes) -> None:
    path = Path(sqlite_copy.removeprefix(SQLITE))
    raw = path.read_bytes()
    places = [each.start() for each in re.finditer(re.escape(found), raw)]
    for place in places:
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 0x80]) + raw[place + 1 :])
        assert await verified(sqlite_copy) is not None, f"a byte altered at {place} was not found"


async def test_what_was_let_go_of_with_its_event_is_no_fault(odd: str) -> None:
    await let_go(odd, "digsite.erasure.begun")
    assert await verified(odd) is None


async def test_what_a_retention_policy_let_go_is_no_fault(parts: Parts, api: httpx2.AsyncClient) -> None:
    for number in range(3):
        await api.post("/artifacts/", json={"key": "a", "data": number})
    await put(api, "few", keep_versions=1)
    assert (await applied(parts))["few"].bodies == 2
    await folded(parts, (await parts.store.head("default")).position)
    assert await verified(parts.settings.database) is None


async def test_what_is_archived_is_no_fault(parts: Parts, api: httpx2.AsyncClient, tmp_path: Path) -> None:
    for number in range(3):
        await api.post("/artifacts/", json={"key": "a", "data": number})
    assert [stored.bodies async for stored in parts.archiving.archive("default", str(tmp_path / "archive"), 4)] == [2]
    await folded(parts, (await parts.store.head("default")).position)
    assert await verified(parts.settings.database) is None


async def test_what_an_event_took_away_that_cannot_do_so_is_a_fault(odd: str) -> None:
    await let_go(odd, "digsite.tests.looked")
    fault = await verified(odd)
    assert fault is not None
    assert (fault.position, fault.wrong) == (3, Wrong.ABSENCE)


async def let_go(url: str, kind: str) -> None:
    """Take a body and labels away, which an event of this kind says."""
    store = open_store(url)
    await store.open()
    first, second, _ = await store.append("default", *(one(StreamId(RESOURCE, "x")) for _ in range(3)))
    [cause] = await store.append("default", one(kind=kind))
    await store.beside(lambda fetch: remove_bodies(fetch, 1, [3], Reason.ERASED, cause.position))
    labels = [5, first.position, second.position]
    await store.beside(lambda fetch: remove_labels(fetch, 1, labels, cause.position))
    await store.close()


@pytest.mark.parametrize("category", ["thing", RESOURCE])
async def test_a_gap_in_a_stream_is_named_though_the_chain_holds(odd: str, category: str) -> None:
    async def skip(transaction: Transaction) -> int:
        versions = (1, 2, 4)
        return [transaction.record(StreamId(category, "x"), each, an_event()) for each in versions][-1].position

    store = open_store(odd)
    await store.open()
    position = await store.transact("default", skip)
    await store.close()
    fault = await verified(odd)
    assert fault is not None
    assert (fault.position, fault.wrong) == (position, Wrong.STREAM)


async def test_it_holds_beside_those_who_write(parts: Parts) -> None:
    async def write() -> None:
        for number in range(60):
            await parts.artifacts.create("default", [NewArtifact(key=f"k{number % 3}")], Origin())

    writing = asyncio.create_task(write())
    while not writing.done():
        await asyncio.sleep(0)
        assert await verified(parts.settings.database) is None
    await writing


async def test_what_is_above_a_position_is_checked_alone(odd: str) -> None:
    await alter(odd, ALTERATIONS["who it was"][0])
    assert await verified(odd, after=3) is None


def test_several_processes_find_the_first_fault(sqlite_copy: str) -> None:
    run_apart(alter(sqlite_copy, ALTERATIONS["a header"][0], ALTERATIONS["a label"][0]))
    with crew(sqlite_copy, processes=2) as check:

        async def work() -> list[int | None]:
            spans = [Span("default", 1, each, each + 1) for each in range(ODD_HEAD)]
            return [fault and fault.position async for _, fault in check(spans)]

        assert asyncio.run(work())[:5] == [None, None, 3, 4, None]


@pytest.mark.parametrize(("statement", "position"), [(None, None), ("the past", 11), ("a header", 3)])
async def test_read_models_are_checked_while_processes_check_the_chain(
    sqlite_copy: str, statement: str | None, position: int | None
) -> None:
    if statement is not None:
        await alter(sqlite_copy, *{ALTERATIONS[each][0] for each in (statement, "the past")})
    store = open_reader(sqlite_copy)
    await store.open()
    steps = [step async for step in verify(store, "default", check_spans=one_by_one(store))]
    await store.close()
    fault = steps[-1]
    assert (fault.position if isinstance(fault, Fault) else None) == position


@pytest.mark.parametrize(
    ("statement", "status", "said"), [(None, 0, "holds from 1 to 11"), ("a body", 1, "Position 3")]
)
def test_the_command_says_it_and_ends_accordingly(
    sqlite_copy: str, statement: str | None, status: int, said: str, tmp_path: Path
) -> None:
    if statement is not None:
        run_apart(alter(sqlite_copy, ALTERATIONS[statement][0]))
    environment = os.environ | {"DIGSITE_HOME": str(tmp_path), "DIGSITE_DATABASE_URL": sqlite_copy}
    command = [sys.executable, "-P", "-m", "service", "verify"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, said in done.stdout) == (status, True), done.stdout + done.stderr


def test_the_command_says_which_logs_there_are(sqlite_copy: str, tmp_path: Path) -> None:
    with pytest.raises(LogNotFound, match="There are: default"):
        show_verification(sqlite_copy, "other", 0, Console())
