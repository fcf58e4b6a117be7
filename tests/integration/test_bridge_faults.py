"""The bridge, with an upstream that does what Prefect does not do on demand: refuse, fail, forget, drop, babble."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from events.event import Origin
from events.testing import LOG
from service.app import opened
from service.event_parsing import outside_events
from service.parts import Parts
from service.provenance import from_import
from service.settings import Settings
from service.upstream import backfill, forwarder, told
from tests.bridging import happened
from tests.false_upstream import FalseUpstream, Told, false_upstream

TIMEOUT_S = 20
ANYBODY = Origin()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds or minutes takes moments here."""
    monkeypatch.setattr(told, "DUE_AFTER_S", 0.05)
    monkeypatch.setattr(told, "AGAIN_AFTER_S", (0.1, 0.1, 0.1))
    monkeypatch.setattr(forwarder, "CONFIRM_EVERY_S", 0.05)
    monkeypatch.setattr(forwarder, "FAULT_PAUSE_S", 0.05)
    monkeypatch.setattr(backfill, "SETTLED", 0)
    monkeypatch.setattr(backfill, "FIRST_COUNT_S", 0.1)
    monkeypatch.setattr(backfill, "COUNT_EVERY_S", 0.1)


@pytest.fixture
async def upstream() -> AsyncIterator[FalseUpstream]:
    async with false_upstream() as upstream:
        yield upstream


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path, upstream: FalseUpstream) -> Settings:
    return Settings(home=tmp_path, database_url=sqlite_url, upstream_api_url=upstream.url)


@asynccontextmanager
async def bridged(settings: Settings, upstream: FalseUpstream) -> AsyncIterator[Parts]:
    """The parts of a server, when both directions have begun."""
    async with opened(settings) as parts:
        async with asyncio.timeout(TIMEOUT_S):
            await upstream.heard()
            await until(lambda: checkpoint(parts, "forwarder"), lambda position: position is not None)
        yield parts


async def until(look: Callable[[], Awaitable[Any]], enough: Callable[[Any], bool] = bool) -> Any:
    """What it comes to, once it is enough."""
    async with asyncio.timeout(TIMEOUT_S):
        while not enough(found := await look()):
            await asyncio.sleep(0.01)
    return found


async def write(parts: Parts, *events: Told, origin: Origin = ANYBODY) -> list[str]:
    """Record events in one transaction, so that the forwarder finds them together. Answers with their ids."""
    await parts.events.record(LOG, outside_events(json.dumps(events).encode(), parts.settings), origin)
    return [event["id"] for event in events]


def some(count: int, **fields: Any) -> list[Told]:
    return [happened(**fields) for _ in range(count)]


def holds(batch: list[Told], event: Told) -> bool:
    return event["id"] in [each["id"] for each in batch]


async def recorded(parts: Parts) -> list[str]:
    return [placed.event.id for placed in await parts.store.read_all(LOG)]


async def until_recorded(parts: Parts, count: int) -> list[str]:
    found: list[str] = await until(lambda: recorded(parts), lambda ids: len(ids) >= count)
    return found


async def checkpoint(parts: Parts, name: str) -> int | None:
    return next((each.position for each in await parts.runner.states(LOG) if each.projection == name), None)


async def until_forwarded(parts: Parts, position: int) -> None:
    await until(lambda: checkpoint(parts, "forwarder"), lambda found: found >= position)


# to the upstream


async def test_a_refused_event_spoils_no_other(settings: Settings, upstream: FalseUpstream) -> None:
    events = some(10)
    upstream.refuses = lambda batch: 422 if holds(batch, events[3]) else None
    async with bridged(settings, upstream) as parts:
        ids = await write(parts, *events)
        await until_forwarded(parts, 10)
    assert upstream.told == [id for id in ids if id != ids[3]]


async def test_an_event_at_which_the_upstream_fails_spoils_no_other(
    settings: Settings, upstream: FalseUpstream
) -> None:
    events = some(10)
    upstream.refuses = lambda batch: 500 if holds(batch, events[3]) else None
    async with bridged(settings, upstream) as parts:
        ids = await write(parts, *events)
        await until_forwarded(parts, 10)
    assert upstream.told == [id for id in ids if id != ids[3]]


async def test_an_upstream_that_fails_at_everything_is_waited_out(settings: Settings, upstream: FalseUpstream) -> None:
    upstream.refuses = lambda batch: 500
    async with bridged(settings, upstream) as parts:
        ids = await write(parts, *some(10))
        await until(lambda: _outage(parts, "forwarder"))
        upstream.refuses = lambda batch: None
        await until_forwarded(parts, 10)
        assert not parts.bridge.outages
    assert upstream.told == ids


async def test_wrong_credentials_lose_nothing_and_say_what_to_set(settings: Settings, upstream: FalseUpstream) -> None:
    upstream.refuses = lambda batch: 401
    async with bridged(settings, upstream) as parts:
        ids = await write(parts, *some(3))
        reason = await until(lambda: _outage(parts, "forwarder"))
        upstream.refuses = lambda batch: None
        await until_forwarded(parts, 3)
    assert "DIGSITE_UPSTREAM_AUTH_STRING" in reason
    assert upstream.told == ids


async def test_what_the_upstream_forgets_is_told_again(settings: Settings, upstream: FalseUpstream) -> None:
    events = some(10)
    upstream.forgets = lambda event: event["id"] == events[3]["id"] and upstream.told.count(event["id"]) < 2
    async with bridged(settings, upstream) as parts:
        ids = await write(parts, *events)
        await until_forwarded(parts, 10)
    assert upstream.told == [*ids, ids[3]]


async def test_the_checkpoint_stands_before_what_is_not_on_its_disk(
    settings: Settings, upstream: FalseUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "AGAIN_AFTER_S", (1000.0,))
    events = some(10)
    upstream.forgets = lambda event: event["id"] == events[3]["id"]
    async with bridged(settings, upstream) as parts:
        await write(parts, *events)
        await until_forwarded(parts, 3)
        ids = await write(parts, *some(10))
        await until(lambda: _told(upstream), lambda found: set(ids) <= set(found))
        assert await checkpoint(parts, "forwarder") == 3


async def test_an_event_that_never_gets_to_its_disk_is_given_up(settings: Settings, upstream: FalseUpstream) -> None:
    events = some(10)
    upstream.forgets = lambda event: event["id"] == events[3]["id"]
    async with bridged(settings, upstream) as parts:
        ids = await write(parts, *events)
        await until_forwarded(parts, 10)
    assert upstream.told == [*ids, ids[3], ids[3]]


async def test_a_restart_tells_only_what_the_upstream_lacks(settings: Settings, upstream: FalseUpstream) -> None:
    events = some(10)
    upstream.forgets = lambda event: event["id"] == events[3]["id"]
    async with bridged(settings, upstream) as parts:
        ids = await write(parts, *events)
        await until(lambda: _told(upstream))
    upstream.forgets = lambda event: False
    async with bridged(settings, upstream) as parts:
        await until_forwarded(parts, 10)
    assert upstream.told == [*ids, ids[3]]


async def test_after_an_outage_the_upstream_is_told_of_task_runs_that_it_forgot_though_it_has_their_events(
    settings: Settings, upstream: FalseUpstream
) -> None:
    """Prefect writes the rows of task runs apart from events, and may be killed in between."""
    upstream.forgets = lambda event: True  # so that nothing is confirmed, and all is in doubt
    events = [running(str(uuid4())) for _ in range(3)] + [running("no uuid")]
    async with bridged(settings, upstream) as parts:
        ids = await write(parts, *events)
        await until(lambda: _told(upstream))
    upstream.keep(*events)
    upstream.know_task_run(events[0], "2001-01-01T00:00:00Z")
    upstream.know_task_run(events[1], events[1]["occurred"])
    async with bridged(settings, upstream) as parts:
        await until_forwarded(parts, 4)
    assert upstream.told == [*ids, ids[0], ids[2]]


def running(task_run_id: str) -> Told:
    resource = {"prefect.resource.id": f"prefect.task-run.{task_run_id}", "prefect.orchestration": "client"}
    return happened(event="prefect.task-run.Running", resource=resource)


async def test_what_was_recorded_while_there_was_no_upstream_follows(
    settings: Settings, upstream: FalseUpstream
) -> None:
    async with bridged(settings, upstream) as parts:
        await write(parts, *some(1))
        await until_forwarded(parts, 1)
    async with opened(settings.model_copy(update={"upstream_api_url": ""})) as parts:
        ids = await write(parts, *some(5))
    async with bridged(settings, upstream) as parts:
        await until_forwarded(parts, 6)
    assert upstream.told[1:] == ids


async def test_a_log_s_history_before_its_first_upstream_is_not_told(
    settings: Settings, upstream: FalseUpstream
) -> None:
    async with opened(settings.model_copy(update={"upstream_api_url": ""})) as parts:
        await write(parts, *some(5))
    async with bridged(settings, upstream) as parts:
        ids = await write(parts, *some(5))
        await until_forwarded(parts, 10)
    assert upstream.told == ids


async def test_what_was_imported_is_not_told(settings: Settings, upstream: FalseUpstream) -> None:
    async with bridged(settings, upstream) as parts:
        await write(parts, *some(5), origin=from_import())
        ids = await write(parts, *some(5))
        await until_forwarded(parts, 10)
    assert upstream.told == ids


async def test_an_upstream_that_is_away_delays_no_client(settings: Settings, upstream: FalseUpstream) -> None:
    upstream.delay_s = 1000
    async with bridged(settings, upstream) as parts:
        async with asyncio.timeout(5):
            for _ in range(20):
                await write(parts, *some(1))
        upstream.delay_s = 0


# from the upstream


async def test_an_event_comes_once_though_socket_and_search_both_have_it(
    settings: Settings, upstream: FalseUpstream
) -> None:
    async with bridged(settings, upstream) as parts:
        events = some(10)
        await upstream.state(*events)
        await upstream.state(*events)
        await until_recorded(parts, 10)
        await upstream.hang_up()
        await upstream.heard()
        [last] = some(1)
        await upstream.state(last)
        assert await until_recorded(parts, 11) == [event["id"] for event in [*events, last]]


async def test_what_was_stated_before_anybody_listened_is_brought_in_its_order(
    settings: Settings, upstream: FalseUpstream
) -> None:
    events = some(120)
    upstream.keep(*events)
    async with bridged(settings, upstream) as parts:
        assert await until_recorded(parts, 120) == [event["id"] for event in events]


async def test_what_was_stated_during_an_outage_is_brought(settings: Settings, upstream: FalseUpstream) -> None:
    async with bridged(settings, upstream) as parts:
        await upstream.state(*some(1))
        await until_recorded(parts, 1)
        await upstream.hang_up()
        upstream.keep(*some(5))
        await until_recorded(parts, 6)


async def test_what_the_socket_drops_is_found_by_counting(settings: Settings, upstream: FalseUpstream) -> None:
    upstream.says = lambda event: event["payload"]["number"] % 3 == 0
    async with bridged(settings, upstream) as parts:
        await upstream.state(*some(20))
        await until_recorded(parts, 20)


async def test_what_happened_long_before_it_was_stated_is_found_when_a_day_is_counted(
    settings: Settings, upstream: FalseUpstream
) -> None:
    earlier = (datetime.now(UTC) - timedelta(hours=3)).isoformat().replace("+00:00", "Z")
    upstream.says = lambda event: False
    async with bridged(settings, upstream) as parts:
        await upstream.state(*some(1))
        await until_recorded(parts, 1)
        await upstream.hang_up()
        await upstream.heard()
        await upstream.state(*some(1, occurred=earlier))
        await until_recorded(parts, 2)


async def test_counting_brings_only_the_kinds_that_were_lost(settings: Settings, upstream: FalseUpstream) -> None:
    upstream.says = lambda event: event["event"] != "ship.sank"
    async with bridged(settings, upstream) as parts:
        await upstream.state(*some(20))
        await until_recorded(parts, 20)
        await upstream.state(*some(1, event="ship.sank"))
        await until_recorded(parts, 21)
    assert upstream.sought[0] is None
    assert ["ship.sank"] in upstream.sought


async def test_frames_that_are_no_events_end_nothing(settings: Settings, upstream: FalseUpstream) -> None:
    async with bridged(settings, upstream) as parts:
        good = some(2)
        await upstream.state(good[0])
        for frame in ('{"type":"event","event":{"id"', "", "null", b"\xff\x00", '{"type":"event"}', "[" * 10_000):
            await upstream.send(frame)
        await upstream.send(json.dumps({"type": "event", "event": {**good[0], "id": "no id"}}))
        await upstream.state(good[1])
        assert await until_recorded(parts, 2) == [event["id"] for event in good]
    assert len(upstream.tokens) == 1, "the socket was opened anew"


async def test_what_the_upstream_says_of_artifacts_is_not_recorded(settings: Settings, upstream: FalseUpstream) -> None:
    async with bridged(settings, upstream) as parts:
        [artifact] = some(1, event="prefect.artifact.created")
        [other] = some(1)
        upstream.keep(artifact)
        await upstream.send(json.dumps({"type": "event", "event": artifact}))
        await upstream.state(other)
        assert await until_recorded(parts, 1) == [other["id"]]
        assert await recorded(parts) == [other["id"]]


async def test_what_came_from_the_upstream_is_not_told_to_it(settings: Settings, upstream: FalseUpstream) -> None:
    async with bridged(settings, upstream) as parts:
        await upstream.state(*some(5))
        await until_recorded(parts, 5)
        ids = await write(parts, *some(1))
        await until_forwarded(parts, 6)
    assert upstream.told == ids


async def test_a_restart_asks_from_where_the_log_was_complete(
    settings: Settings, upstream: FalseUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "OVERLAP", 0)
    async with bridged(settings, upstream) as parts:
        upstream.keep(*some(300))
        await until(lambda: checkpoint(parts, "listener"), lambda found: found == 300)
    paged = upstream.paged
    upstream.keep(*some(1))
    async with bridged(settings, upstream) as parts:
        await until_recorded(parts, 301)
    assert upstream.paged == paged + 1


async def test_the_socket_is_shown_the_upstream_s_own_credentials(settings: Settings, upstream: FalseUpstream) -> None:
    with_password = Settings(**{**settings.model_dump(), "upstream_auth_string": "admin:secret"})
    async with bridged(with_password, upstream):
        assert upstream.tokens == ["admin:secret"]


async def _outage(parts: Parts, name: str) -> str | None:
    return parts.bridge.outages.get(name)


async def _told(upstream: FalseUpstream) -> list[str]:
    return upstream.told
