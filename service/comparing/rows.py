"""What changed in a table: its columns, its rows, and in rows that stayed their cells."""

from collections.abc import Sequence
from itertools import compress, islice
from operator import lt, ne
from typing import Any, Literal

from msgspec import Struct

from service.comparing.alignment import longest_rising
from service.comparing.counted import counted
from service.comparing.pairing import Pairing, pair
from service.comparing.shown import Groups
from service.comparing.table import Table

COLUMNS_SHOWN_MAX = 200
"""Names of columns in an answer."""


class Column(Struct, frozen=True):
    """A column that one table has and the other has not, with its values from the top, as many as were wanted."""

    name: str
    values: tuple[Any, ...]


class Row(Struct, frozen=True):
    """A row that one table has and the other has not. Rows count from 0."""

    row: int
    values: dict[str, Any]


class Cell(Struct, frozen=True):
    column: str
    before: Any
    after: Any


class ChangedRow(Struct, frozen=True):
    before_row: int
    after_row: int
    key: dict[str, Any]
    """Its values in the columns of the key."""
    cells: tuple[Cell, ...]
    values: dict[str, Any] | None = None
    """All that the row holds now, if rows that stayed equal are wanted too."""


class Move(Struct, frozen=True):
    """A row that stands elsewhere among those that stayed."""

    before_row: int
    after_row: int


class TableChanges(Struct, frozen=True):
    """Of each, from the top, as many as were wanted."""

    added_columns: tuple[Column, ...]
    removed_columns: tuple[Column, ...]
    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[ChangedRow, ...]
    moved: tuple[Move, ...]
    equal: tuple[Row, ...]
    """Rows in which nothing changed, as they are now."""


class TableDiff(Struct, frozen=True, kw_only=True):
    """Counts are of the whole tables. Rows are compared in the columns that both have."""

    key: tuple[str, ...]
    """What rows were matched by; empty: by their order."""
    key_is: Literal["given", "found", "none"]
    key_candidates: tuple[str, ...]
    """Columns that tell the rows of both apart, the best first."""
    columns: tuple[str, ...]
    """What the table has after, then what it had before and has no more; the first `COLUMNS_SHOWN_MAX` of these."""
    duplicates: int
    """Rows whose key a row above them in the same table has as well."""
    rows_before: int
    rows_after: int
    columns_before: int
    columns_after: int
    added_columns: int
    removed_columns: int
    added: int
    removed: int
    changed: int
    changed_cells: int
    moved: int
    equal: int
    is_fine: bool
    """Whether no row counts as removed and added that only stayed."""
    changes: TableChanges

    @property
    def groups(self) -> Groups:
        """Equal rows are no changes: of these none is left out but what does not fit."""
        counts = {name: getattr(self, name) for name in self.changes.__struct_fields__}
        return {name: (count, getattr(self.changes, name)) for name, count in counts.items()} | {
            "equal": (len(self.changes.equal), self.changes.equal)
        }

    @property
    def is_empty(self) -> bool:
        counts = (self.added, self.removed, self.changed, self.moved, self.added_columns, self.removed_columns)
        return not any(counts)

    def summary(self) -> str:
        """Such as `3 rows added, 1 changed of 120`."""
        columns = counted("column", added=self.added_columns, removed=self.removed_columns)
        rows = counted("row", added=self.added, removed=self.removed, changed=self.changed, moved=self.moved)
        of = f" of {self.rows_before}" if rows and self.rows_before else ""
        return ", ".join(columns + rows) + of


def compare_tables(before: Table, after: Table, limit: int, key: Sequence[str] = (), equal: int = 0) -> TableDiff:
    """What changed, with the first `limit` of each sort, and `equal` rows that stayed. Raises KeyColumnNotFound."""
    before, after = _as_wide_as(before, after), _as_wide_as(after, before)
    pairing = pair(before, after, key if after.names else ())
    matched = pairing.matched
    ours, theirs = pairing.before, pairing.after
    different = [(one, other) for one, other in matched.pairs if ours[one] != theirs[other]]
    moved = _moved(matched.pairs)
    new = [name for name in after.names if name not in pairing.columns]
    gone = [name for name in before.names if name not in pairing.columns]
    same = (other for one, other in matched.pairs if ours[one] == theirs[other])
    return TableDiff(
        key=pairing.key,
        key_is="given" if key else "found" if pairing.key else "none",
        key_candidates=pairing.candidates,
        columns=(*after.names, *gone)[:COLUMNS_SHOWN_MAX],
        duplicates=matched.duplicates,
        rows_before=before.height,
        rows_after=after.height,
        columns_before=len(before.names),
        columns_after=len(after.names),
        added_columns=len(new),
        removed_columns=len(gone),
        added=len(matched.added),
        removed=len(matched.removed),
        changed=len(different),
        changed_cells=sum(sum(map(ne, ours[one], theirs[other])) for one, other in different),
        moved=len(moved),
        equal=len(matched.pairs) - len(different),
        is_fine=matched.is_fine,
        changes=TableChanges(
            added_columns=tuple(Column(name, after.columns[name][:limit]) for name in new[:limit]),
            removed_columns=tuple(Column(name, before.columns[name][:limit]) for name in gone[:limit]),
            added=tuple(Row(place, after.row(place)) for place in matched.added[:limit]),
            removed=tuple(Row(place, before.row(place)) for place in matched.removed[:limit]),
            changed=tuple(_changed(before, after, pairing, *places, whole=bool(equal)) for places in different[:limit]),
            moved=tuple(Move(*places) for places in moved[:limit]),
            equal=tuple(Row(place, after.row(place)) for place in islice(same, equal)),
        ),
    )


def _as_wide_as(table: Table, other: Table) -> Table:
    """The table; an empty list, which says nothing of columns, has those of the other."""
    return table if table.names or table.rows else Table(other.names, [])


def _moved(pairs: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """The pairs that have to move, so that all are in order."""
    places = [one for one, _ in pairs]
    if all(map(lt, places, islice(places, 1, None))):
        return ()
    stay = set(longest_rising(places))
    return [pair for index, pair in enumerate(pairs) if index not in stay]


def _changed(before: Table, after: Table, pairing: Pairing, one: int, other: int, *, whole: bool) -> ChangedRow:
    is_other = map(ne, pairing.before[one], pairing.after[other])
    cells = tuple(
        Cell(name, before.columns[name][one], after.columns[name][other])
        for name in compress(pairing.columns, is_other)
    )
    key = {name: after.columns[name][other] for name in pairing.key}
    return ChangedRow(one, other, key, cells, after.row(other) if whole else None)
