"""Erasing from the command line: what would go as a table, a question, and what became of it."""

import json
from collections.abc import Mapping

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from service.maintenance import Maintenance
from service.schemas.erasures import ErasureAsked, ErasureShown

NAMED_MAX = 10
"""Keys that the table names."""


class InvalidErasure(Exception):
    """What the options ask for is not valid."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}. See: digsite-server erase --help")
        self.reason = reason


def asked_for(
    given: Mapping[str, str | None], filters: Mapping[str, str | None], *, reason: str, everything: bool, labels: bool
) -> ErasureAsked:
    """What the options ask for. Raises InvalidErasure."""
    asked: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    try:
        asked |= {name: json.loads(text) for name, text in filters.items() if text is not None}
        return ErasureAsked.model_validate({**asked, "reason": reason, "everything": everything, "labels": labels})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidErasure(f"{place}: {first['msg']}" if place else str(first["msg"])) from None
    except ValueError as error:
        raise InvalidErasure(f"The filter is no JSON: {error}") from None


def show_erasure(maintenance: Maintenance, console: Console, log: str, asked: ErasureAsked, *, dry_run: bool) -> bool:
    """Show what would go; unless that is all, ask, and erase it. Tells whether that was done, or only to be shown."""
    plan = maintenance.show_erasure(log, asked)
    console.print(_table(plan))
    for place in plan.out_of_reach:
        console.print(place)
    if dry_run:
        console.print("Nothing was erased. Without --dry-run, it asks, and erases.")
        return True
    word = asked.key or str(plan.events)
    what = "the key" if asked.key else "the number of events"
    if _typed(console, f"It cannot be brought back. Type {what}, {escape(word)}, to erase it: ") != word:
        console.print("Nothing was erased.")
        return False
    done = maintenance.erase(log, asked.model_copy(update={"confirm": plan.confirm}))
    console.print(f"Erased: {done.bodies:,} bodies. The event at position {done.completed:,} says so.")
    console.print("The files of the database may keep it, unseen, until: digsite-server vacuum")
    return True


def _typed(console: Console, question: str) -> str:
    try:
        return console.input(question).strip()
    except EOFError:
        return ""


def _table(plan: ErasureShown) -> Table:
    table = Table("What would go", "", show_header=True)
    named = ", ".join(plan.keys[:NAMED_MAX]) + (", ..." if len(plan.keys) > NAMED_MAX else "")
    rows = {
        "artifacts": f"{plan.artifacts:,}",
        "of the keys": escape(named),
        "keys that go whole": f"{plan.collections:,}",
        "events that lose something": f"{plan.events:,}",
        "bodies": f"{plan.bodies:,}",
        "bytes": f"{plan.bytes:,}",
        "labels": "too" if plan.labels else "stay",
        "erased before": f"{plan.already_erased:,}",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table
