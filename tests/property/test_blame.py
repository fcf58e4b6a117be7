"""Blame, for any history: what is told is what going through the states one by one would tell."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.comparing.blame import Blame, blame_of
from service.comparing.comparison import Side
from service.comparing.text import lines_of

ROWS = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 4)}, optional={"a": st.integers(0, 1), "b": st.integers(0, 1)}),
    max_size=5,
    unique_by=lambda row: row["id"],
)
TABLES = st.lists(ROWS, min_size=1, max_size=6)
TEXTS = st.lists(st.lists(st.sampled_from("abcdef"), unique=True, max_size=6).map("\n".join), min_size=1, max_size=6)
ALL = 10**6


def blamed(states: Sequence[Any], type: str, offset: int = 0, limit: int = ALL, key: Sequence[str] = ()) -> Blame:
    """The blame of the first of these states, which are told from the newest back."""
    newest, *others = (Side(json.dumps(each), type) for each in states)
    blame = blame_of(newest, offset, limit, key)
    for side in others:
        blame.tell(side)
    return blame


def state_of(states: Sequence[list[dict[str, Any]]], id: int, column: str) -> int:
    """The state that last changed a cell, found by looking it up in each."""
    tables = [{row["id"]: row for row in rows} for rows in states]
    for place, (table, before) in enumerate(pairwise(tables)):
        is_column = any(column in row for row in before.values())
        if id not in before or not is_column or before[id].get(column) != table[id].get(column):
            return place
    return len(states) - 1


@given(TABLES)
def test_a_cell_is_told_with_the_state_that_last_changed_it(states: list[list[dict[str, Any]]]) -> None:
    blame = blamed(states, "table", key=["id"] if states[0] else ())
    for row, found in zip(states[0], blame.found(), strict=True):
        expected = tuple(state_of(states, row["id"], column) for column in blame.columns or ())
        assert found.states == expected


@given(TABLES | TEXTS, st.integers(0, 3), st.integers(0, 3))
def test_a_part_is_told_as_in_the_whole(states: list[Any], offset: int, limit: int) -> None:
    type = "table" if isinstance(states[0], list) else "markdown"
    whole, part = blamed(states, type), blamed(states, type, offset, limit)
    assert part.found() == whole.found()[offset : offset + limit]


@given(TEXTS)
def test_a_line_was_there_since_the_state_that_it_is_told_with(states: list[str]) -> None:
    lines = [lines_of(text) for text in states]
    for place, found in enumerate(blamed(states, "markdown").found()):
        [state] = found.states
        assert all(lines[0][place] in each for each in lines[: state + 1])


@given(TEXTS)
def test_what_is_settled_is_not_told_anew(states: list[str]) -> None:
    blame = blamed(states, "markdown")
    found, is_settled = blame.found(), blame.is_settled
    blame.tell(Side('"nothing of it"', "markdown"))
    assert blame.is_settled
    assert not is_settled or blame.found() == found
