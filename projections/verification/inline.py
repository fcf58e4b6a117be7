"""Whether an inline read model is the fold of the log: a part at a time, each part in one statement.

    each event is shown:   its row stands at its position or behind it; without a row, a later event took it away
    each row is shown by:  the event at its position, column for column

Together they say that each row is what the newest event of its identity left behind, and that there are no others. So
nothing is folded, and nothing is held in memory or locked.
"""

from functools import cache

from sqlalchemy import text

from events.stores.sql import Fetch
from events.stores.statement import Statement
from events.verification.faults import Fault, Wrong
from projections.projector import LatestHeader

ROWS_PAGE = 5_000
"""Rows that one statement compares."""


async def check_shown(
    fetch: Fetch, log: str, number: int, projector: LatestHeader, *, after: int, upto: int
) -> Fault | None:
    """The first event between two positions that the read model does not show as it must.

    Raises StorageUnavailable, as below.
    """
    given = {"log": number, "category": projector.category, "gone": projector.gone, "after": after, "upto": upto}
    for position, identity, shown in await fetch(_statements(projector).not_shown, **given):
        what = "there is none" if shown is None else f"its row stands at position {shown:,}"
        detail = f"{projector.name} should have its row {identity!r} from here on, and {what}."
        return Fault(log, position, Wrong.READ_MODEL, detail, str(projector.name), identity)
    return None


async def check_rows(
    fetch: Fetch, log: str, number: int, projector: LatestHeader, after: str | None
) -> tuple[str | None, int] | Fault:
    """Check the rows behind an identity (None: from the first): the last that was checked, and how many."""
    given = {"log": number, "category": projector.category, "gone": projector.gone, "limit": ROWS_PAGE}
    sql = _statements(projector)
    first = sql.first_rows if after is None else sql.rows
    [(last, count, wrong)] = await fetch(first, **given, after=after or "")
    if wrong is not None:
        [row] = await fetch(projector.load, log=number, identities=[wrong])
        position = row[list(projector.columns).index(projector.position_column)]
        detail = f"the row {wrong!r} of {projector.name} is not what the event here says."
        return Fault(log, position, Wrong.READ_MODEL, detail, str(projector.name), wrong)
    return last if count == ROWS_PAGE else None, count


class _Statements:
    def __init__(self, projector: LatestHeader) -> None:
        table, identity = projector.table.name, projector.identity_column
        columns = projector.columns
        source, position = columns[identity], projector.position_column
        same = " AND ".join(
            f"page.{name} IS NOT DISTINCT FROM events.{source}" for name, source in columns.items() if name != "log"
        )
        self.not_shown = Statement(
            text(
                f"SELECT events.position, events.{source}, shown.{position} FROM events "
                f"LEFT JOIN {table} AS shown ON shown.log = events.log AND shown.{identity} = events.{source} "
                "WHERE events.log = :log AND events.category = :category "
                f"AND events.position > :after AND events.position <= :upto AND events.{source} IS NOT NULL AND ("
                f"shown.{position} < events.position OR shown.log IS NULL AND events.kind <> :gone AND NOT EXISTS ("
                "SELECT 1 FROM events AS later WHERE later.log = events.log AND later.category = events.category "
                "AND later.stream = events.stream AND later.version > events.version "
                f"AND (later.{source} = events.{source} OR later.labels_salt IS NULL))) "
                "ORDER BY events.position LIMIT 1"
            )
        )
        self.first_rows, self.rows = (
            Statement(
                text(
                    f"SELECT max({identity}), count(*), min(CASE WHEN NOT holds THEN {identity} END) FROM ("
                    f"SELECT page.{identity}, events.log IS NOT NULL "
                    f"AND events.category = :category AND events.kind <> :gone AND {same} AS holds FROM ("
                    f"SELECT * FROM {table} WHERE log = :log AND {identity} {compared} :after "
                    f"ORDER BY {identity} LIMIT :limit) AS page "
                    f"LEFT JOIN events ON events.log = page.log AND events.position = page.{position}) AS checked"
                )
            )
            for compared in (">=", ">")
        )


@cache
def _statements(projector: LatestHeader) -> _Statements:
    return _Statements(projector)
