"""Comparing: what changed, applied to what was before, gives what came after; for any tables, texts and JSON."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.comparing.alignment import align, longest_rising
from service.comparing.rows import compare_tables
from service.comparing.table import Table, table_of
from service.comparing.text import compare_texts, lines_of
from service.comparing.tree import compare_trees
from service.comparing.values import token
from tests.applying import ALL, table_after, text_after, tree_after

NAMES = st.sampled_from(["id", "a", "b", "x/y", "0"])
SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.5, 1.0, 2**70]) | st.text("ab", max_size=2)
)
VALUES = st.recursive(
    SCALARS, lambda of: st.lists(of, max_size=3) | st.dictionaries(NAMES, of, max_size=3), max_leaves=6
)
ROWS = st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=6)
TABLES = (
    ROWS
    | st.lists(st.lists(VALUES, max_size=3), max_size=6)
    | st.dictionaries(NAMES, st.lists(VALUES, max_size=5), min_size=1, max_size=3)
)
KEYED = st.lists(st.tuples(st.integers(0, 9), SCALARS, SCALARS), max_size=9, unique_by=lambda row: row[0])
TEXTS = st.lists(st.sampled_from(["a", "b", "a b c", "a c", ""]), max_size=12).map("\n".join) | st.text(max_size=20)


def table(value: Any) -> Table:
    found = table_of(value)
    assert found is not None
    return found


def keyed(rows: list[tuple[Any, ...]]) -> Table:
    return table([{"id": id, "one": one, "two": two} for id, one, two in rows])


@given(TABLES, TABLES)
def test_a_table_with_its_changes_is_the_table_after(before: Any, after: Any) -> None:
    ours, theirs = table(before), table(after)
    found = table_after(ours, compare_tables(ours, theirs, ALL))
    assert token(found) == token([theirs.row(place) for place in range(theirs.height)])


@given(ROWS, ROWS, st.data())
def test_so_it_is_by_any_key_whatever_its_values_hold(before: Any, after: Any, data: st.DataObject) -> None:
    ours, theirs = table(before), table(after)
    common = sorted(ours.columns.keys() & theirs.columns.keys())
    key = data.draw(st.lists(st.sampled_from(common), unique=True) if common else st.just([]))
    found = table_after(ours, compare_tables(ours, theirs, ALL, key))
    assert token(found) == token([theirs.row(place) for place in range(theirs.height)])


@given(KEYED, KEYED)
def test_the_other_way_round_what_came_goes_and_the_rest_is_the_same(before: Any, after: Any) -> None:
    ours, theirs = keyed(before), keyed(after)
    there, back = compare_tables(ours, theirs, 0, ["id"]), compare_tables(theirs, ours, 0, ["id"])
    assert (there.added, there.removed) == (back.removed, back.added)
    assert (there.changed, there.changed_cells, there.moved) == (back.changed, back.changed_cells, back.moved)


@given(TABLES, TABLES, st.integers(0, 3))
def test_counts_do_not_depend_on_how_much_is_shown(before: Any, after: Any, limit: int) -> None:
    whole, part = (compare_tables(table(before), table(after), each) for each in (ALL, limit))
    assert part.summary() == whole.summary() if not whole.is_empty else part.is_empty
    assert part.changes.changed == whole.changes.changed[:limit]


@given(TABLES)
def test_a_table_has_not_changed_from_itself(value: Any) -> None:
    assert compare_tables(table(value), table(deepcopy(value)), ALL).is_empty


@given(TEXTS, TEXTS)
def test_a_text_with_its_hunks_is_the_text_after(before: str, after: str) -> None:
    diff = compare_texts(before, after, ALL)
    assert text_after(before, diff) == after
    assert diff.is_empty == (before == after)
    assert len(lines_of(before)) - diff.removed + diff.added == len(lines_of(after))


@given(VALUES, VALUES)
def test_a_tree_with_its_changes_is_the_tree_after(before: Any, after: Any) -> None:
    diff = compare_trees(before, after, ALL)
    assert token(tree_after(deepcopy(before), diff)) == token(after)
    assert diff.is_empty == (token(before) == token(after))


@given(st.lists(st.integers(0, 5), max_size=30), st.lists(st.integers(0, 5), max_size=30))
def test_what_is_aligned_is_equal_and_blocks_do_not_touch(before: list[int], after: list[int]) -> None:
    alignment = align(before, after)
    pairs = list(alignment.pairs(len(before)))
    assert all(before[one] == after[other] for one, other in pairs)
    assert pairs == sorted(pairs)
    kept = len(before) - sum(block.before_end - block.before_start for block in alignment.blocks)
    assert len(pairs) == kept == len(after) - sum(block.after_end - block.after_start for block in alignment.blocks)


@given(st.permutations(range(12)))
def test_the_longest_part_that_rises_is_longest(values: list[int]) -> None:
    found = [values[place] for place in longest_rising(values)]
    lengths: list[int] = []
    for place, value in enumerate(values):
        lengths.append(1 + max((lengths[each] for each in range(place) if values[each] < value), default=0))
    assert found == sorted(found)
    assert len(found) == max(lengths)
