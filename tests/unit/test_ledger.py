"""The ledger: what an export reads, in which order, and whose turn it is."""

from collections.abc import Iterator

import pytest

from service.moving.ledger import Entry, Ledger


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = Ledger()
    yield ledger
    ledger.close()


def entry(id: str, position: int, *, created: int = 0, key: str = "key", is_gone: bool = False) -> Entry:
    """Of an artifact that was created at that moment, and changed at that position and moment."""
    return Entry(id, is_gone, position, key, created, position, position)


def test_the_oldest_comes_first_whatever_was_recorded_first(ledger: Ledger) -> None:
    ledger.enter_artifacts([entry("new", 1, created=30), entry("b", 3, created=10), entry("a", 2, created=10)])
    ledger.close_books()
    assert list(ledger.artifacts(2)) == [[2, 3], [1]]


def test_the_newest_header_of_an_artifact_is_its_state(ledger: Ledger) -> None:
    ledger.enter_artifacts([entry("a", 1), entry("b", 2), entry("a", 3), entry("b", 4, is_gone=True)])
    ledger.close_books()
    assert (list(ledger.artifacts(10)), list(ledger.gone(10))) == ([[3]], [["b"]])
    assert ledger.count_artifacts() == 1


def test_collections_come_each_once(ledger: Ledger) -> None:
    ledger.enter_collections([entry(id, position) for position, id in enumerate("cabca", 1)])
    ledger.enter_collections([entry("b", 6, is_gone=True)])
    ledger.close_books()
    assert list(ledger.collections(1)) == [[5], [4]]
    assert ledger.count_collections() == 2


def test_it_is_the_turn_of_the_one_that_was_updated_last(ledger: Ledger) -> None:
    """There, it is another's turn in the first key, and the same one's in the second."""
    ledger.enter_artifacts([entry(id, position, key=id[0]) for position, id in enumerate(("b1", "a1", "a2", "b2"), 1)])
    ledger.enter_artifacts([entry("a1", 9, key="a")])
    ledger.close_books()
    ledger.note_there([("a1", 1), ("a2", 2), ("b1", 3), ("b2", 4)])
    assert ledger.out_of_turn() == ["a1"]


def test_what_is_not_there_has_no_turn(ledger: Ledger) -> None:
    ledger.enter_artifacts([entry("a", 1), entry("b", 2)])
    ledger.close_books()
    ledger.note_there([("a", 1)])
    assert ledger.out_of_turn() == []
