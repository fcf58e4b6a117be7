"""Where a reader begins: every form of `after`, and what is refused."""

from collections.abc import AsyncIterator
from itertools import count

import pytest

from events import Append, StreamId
from events.clock import as_text
from events.cursor import Cursor
from events.stores import open_store
from events.stores.sql import SqlStore
from events.testing import an_event
from service.streams.starting import AheadOfHead, CannotResume, InvalidStart, OtherEpoch, OtherLog, starting_cursor

LOG = "default"
SECOND = 1_000_000
BEGAN = 1_795_259_822 * SECOND
"""The moment of position 1; each that follows was recorded a second later."""


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[SqlStore]:
    """A log of ten events."""
    moments = count(BEGAN, SECOND)
    made = open_store(sqlite_url, clock=lambda: next(moments))
    await made.open()
    for _ in range(10):
        await made.append(LOG, Append(StreamId("thing", "one"), (an_event(),)))
    yield made
    await made.close()


async def begun(store: SqlStore, after: str) -> int:
    return (await starting_cursor(store, LOG, after)).position


@pytest.mark.parametrize(
    ("after", "position"), [("start", 0), ("head", 10), ("0", 0), ("7", 7), ("10", 10), ("0" * 17 + "7", 7)]
)
async def test_a_position_or_a_name_of_one(store: SqlStore, after: str, position: int) -> None:
    assert await begun(store, after) == position


async def test_a_cursor(store: SqlStore) -> None:
    assert await begun(store, Cursor(LOG, 4).encode()) == 4


@pytest.mark.parametrize("position", range(1, 11))
async def test_a_time_at_which_something_was_recorded_begins_before_it(store: SqlStore, position: int) -> None:
    moment = BEGAN + (position - 1) * SECOND
    assert await begun(store, as_text(moment)) == position - 1
    assert await begun(store, as_text(moment + 1)) == position


@pytest.mark.parametrize(
    ("after", "position"),
    [
        ("1970-01-01", 0),
        ("9999-12-31T23:59:59Z", 10),
        ("2026-11-21T11:17:04.5Z", 3),
        ("2026-11-21T11:17:04.5", 3),
        ("2026-11-21T13:17:04.5+02:00", 3),
        ("0001-01-01T00:00:00+14:00", 0),
    ],
)
async def test_a_time_in_any_form(store: SqlStore, after: str, position: int) -> None:
    assert await begun(store, after) == position


@pytest.mark.parametrize("after", ["start", "head", "0", "2026-11-21", Cursor("other", 0).encode()])
async def test_a_log_that_was_never_written_to_has_a_start(store: SqlStore, after: str) -> None:
    assert await starting_cursor(store, "other", after) == Cursor("other", 0, 1)


@pytest.mark.parametrize("after", ["11", "9" * 18, Cursor(LOG, 11).encode(), Cursor(LOG, 10**30).encode()])
async def test_what_is_ahead_of_the_head_is_refused(store: SqlStore, after: str) -> None:
    with pytest.raises(AheadOfHead) as refusal:
        await begun(store, after)
    assert (refusal.value.head, refusal.value.epoch) == (10, 1)


async def test_a_cursor_of_another_epoch_is_refused_even_if_its_position_is_there(store: SqlStore) -> None:
    with pytest.raises(OtherEpoch) as refusal:
        await begun(store, Cursor(LOG, 4, epoch=2).encode())
    assert refusal.value.position == 4


async def test_a_cursor_of_another_log_is_refused(store: SqlStore) -> None:
    with pytest.raises(OtherLog):
        await begun(store, Cursor("another", 4).encode())


@pytest.mark.parametrize(
    "after",
    ["", "now", "-1", "1.5", "1e3", "nan", " 7", "7 ", "\u0667", "9" * 19, "2026-13-01", "Start", "MS4x", "x" * 10_000],
)
async def test_nonsense_is_refused_in_few_words(store: SqlStore, after: str) -> None:
    with pytest.raises(InvalidStart) as refusal:
        await begun(store, after)
    assert len(str(refusal.value)) < 300


def test_all_that_cannot_be_resumed_is_one_kind_of_error_with_a_reason_each() -> None:
    reasons = [kind.reason for kind in CannotResume.__subclasses__()]
    assert sorted(reasons) == ["ahead_of_head", "archived", "other_epoch", "other_log"]
