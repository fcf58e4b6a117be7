"""Applying what changed to what was before. What comes out must be what came after."""

from collections.abc import Iterator
from typing import Any

from msgspec import UNSET

from service.comparing.rows import TableDiff
from service.comparing.table import Table
from service.comparing.text import Hunk, TextDiff, lines_of
from service.comparing.tree import PathChange, TreeDiff

ALL = 10**9
"""A limit that leaves nothing out."""


def table_after(before: Table, diff: TableDiff) -> list[dict[str, Any]]:
    """The rows of the table that came after."""
    changes = diff.changes
    rows = [before.row(place) for place in range(before.height)]
    for change in changes.changed:
        for cell in change.cells:
            assert rows[change.before_row][cell.column] == cell.before
            rows[change.before_row][cell.column] = cell.after
    found = {row.row: row.values for row in changes.added}
    found |= {move.after_row: rows[move.before_row] for move in changes.moved}
    gone = {row.row for row in changes.removed} | {move.before_row for move in changes.moved}
    stay = iter([row for place, row in enumerate(rows) if place not in gone])
    after = [found[place] if place in found else next(stay) for place in range(diff.rows_after)]
    for column in changes.added_columns:
        for row, value in zip(after, column.values, strict=True):
            row[column.name] = value
    removed = {column.name for column in changes.removed_columns}
    return [{name: value for name, value in row.items() if name not in removed} for row in after]


def text_after(before: str, diff: TextDiff) -> str:
    lines, end, after = lines_of(before), 0, []
    for hunk in diff.changes:
        start = hunk.before_line - 1
        after += lines[end:start] + list(hunk.added)
        end = start + len(hunk.removed)
        assert tuple(lines[start:end]) == hunk.removed
        assert_words_say_the_same(hunk)
    return "".join(after + lines[end:])


def assert_words_say_the_same(hunk: Hunk) -> None:
    if hunk.words is not None:
        assert "".join(part.text for part in hunk.words if part.is_in != "after") == "".join(hunk.removed)
        assert "".join(part.text for part in hunk.words if part.is_in != "before") == "".join(hunk.added)


def tree_after(before: Any, diff: TreeDiff) -> Any:
    """What goes is taken out from the end, what comes is put in from the top, then values are changed."""
    root = [before]
    for change in sorted(_of(diff, "removed"), key=lambda each: _order(root, each.before_path), reverse=True):
        place, step = _place(root, change.before_path)
        del place[step]
    for change in _of(diff, "added"):
        place, step = _place(root, change.after_path)
        if isinstance(place, list):
            place.insert(step, change.after)
        else:
            place[step] = change.after
    for change in _of(diff, "changed"):
        place, step = _place(root, change.after_path)
        place[step] = change.after
    return root[0]


def _of(diff: TreeDiff, kind: str) -> Iterator[PathChange]:
    return (change for change in diff.changes if change.kind == kind)


def _place(root: list[Any], path: Any) -> tuple[Any, Any]:
    """The container that a path ends in, and the step into it."""
    assert path is not UNSET
    place: Any = root
    step: Any = 0
    for part in path.split("/")[1:]:
        place = place[step]
        step = int(part) if isinstance(place, list) else part.replace("~1", "/").replace("~0", "~")
    return place, step


def _order(root: list[Any], path: Any) -> tuple[Any, ...]:
    """Where a path stands from the top, items of lists by their numbers."""
    return tuple(int(part) if part.isdigit() else -1 for part in path.split("/"))
