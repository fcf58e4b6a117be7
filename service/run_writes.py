"""What runs wrote: which of them wrote last, and all that one wrote in order, each with its effect on its key."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import asdict

from events.clock import as_text
from events.entry import NAME as RESOURCE_NAME
from events.entry import entry_of
from events.event import Micros
from events.reading import read_event
from events.stores.sql import SqlStore
from events.stores.tables import HEADER, Row, related_of, restored, storable
from projections.history.states import NAME as HISTORY
from projections.history.versions import NUMBERS
from projections.runner import Runner
from projections.runs.reader import names_of
from projections.runs.written import (
    BEFORE,
    DATA_AT,
    FACTS,
    FLOW_RUN,
    TASK_RUN,
    RunFacts,
    Share,
    Write,
    last_writes,
    shares,
    writes_after,
)
from service.histories import Histories, Place
from service.read import Read
from service.settings import Settings

RUNS_PAGE_MAX = 100
"""Runs in one answer."""
RUNS_SHOWN = 50
"""Unless another number is asked for."""
RUNS_SPAN_MAX = 100_000
"""Positions that one answer about runs looks through."""
RUN_KEYS_SHOWN = 5
"""Keys of a run that a list names."""
WRITES_PAGE_MAX = 100
"""Writes of a run in one answer."""
WRITES_SHOWN = 50
"""Unless another number is asked for."""
SEARCH_CHARS_MAX = 200
"""Longest text that runs are searched for."""

ROLE = "prefect.resource.role"

_encode = msgspec.json.Encoder().encode
_POSITION, _TYPE, _KEY, _KIND = map(HEADER.index, ("position", "type", "key", "kind"))
_DATA, _CREATED, _STREAM, _TASK = map(HEADER.index, ("data_position", "created_position", "stream", "task_run_id"))


class RunWrites:
    """Over one store. All raise StorageUnavailable, ProjectionBehind."""

    def __init__(self, store: SqlStore, runner: Runner, histories: Histories, settings: Settings) -> None:
        self._store = store
        self._runner = runner
        self._histories = histories
        self._settings = settings

    async def page(self, log: str, text: str, *, before: int, limit: int, as_of: int) -> Read:
        """The runs that wrote last, below a position; `next`: below which to go on, null at the first event.

        Names and states are as they are known now; of states, those that began later are not told.
        """
        number = await self._store.log_number(log)
        upto = min(before - 1, as_of)
        floor = max(0, upto - RUNS_SPAN_MAX)
        place = {"after": floor, "before": upto, "as_of": as_of, "limit": limit}
        rows = await self._store.fetch(
            last_writes(searched=bool(text)), log=number, **place, **({"text": _pattern(text)} if text else {})
        )
        writes = [Write(*row) for row in rows]
        floor = writes[-1].position if len(writes) == limit else floor + 1
        moment = await self._moment(log, as_of)
        runs = [
            run
            for kind in (FLOW_RUN, TASK_RUN)
            for run in await self._told(number, kind, [each for each in writes if each.kind == kind], as_of, moment)
        ]
        answer = {
            "position": as_of,
            "runs": sorted(runs, key=lambda run: -int(run["last_position"])),
            "next": floor if floor > 1 else None,
        }
        return Read(_encode(answer).decode(), as_of)

    async def of_run(self, log: str, run_id: str, *, after: int, limit: int, as_of: int) -> Read:
        """What is known of a flow run or a task run, and what it wrote above a position, in order.

        Raises TooMuchWork.
        """
        await self._runner.wait_for(log, HISTORY, as_of, self._settings.wait_timeout_s)
        number, moment = await self._store.log_number(log), await self._moment(log, as_of)
        kind, facts, headers = await self._found(number, run_id, after, limit + 1, as_of)
        written = await self._shares(number, kind, [run_id], as_of) if kind else {}
        shown = headers[:limit]
        answer = {
            **_run(kind, run_id, facts, written.get(run_id, []), moment),
            "position": as_of,
            "is_known": facts is not None,
            "upstream_url": page_of(self._settings.upstream_api_url, kind, run_id),
            "entries": await self._entries(log, number, shown),
            "next": shown[-1][_POSITION] if len(headers) > limit else None,
        }
        return Read(_encode(answer).decode(), as_of)

    async def _found(
        self, number: int, run_id: str, after: int, limit: int, as_of: int
    ) -> tuple[str | None, RunFacts | None, list[Row]]:
        """What sort of run it is, what is known of it, and the headers of what it wrote; None: nothing names it."""
        for kind in (FLOW_RUN, TASK_RUN):
            known = await self._facts(number, kind, [run_id])
            asked = {"id": run_id, "after": after, "as_of": as_of, "limit": limit}
            headers = await self._store.fetch(writes_after(kind), log=number, **asked)
            wrote = headers or (after and await self._shares(number, kind, [run_id], as_of))
            if known or wrote:
                return kind, known.get(run_id), headers
        return None, None, []

    async def _entries(self, log: str, number: int, headers: Sequence[Row]) -> list[dict[str, Any]]:
        before = await self._before(number, [header[_POSITION] for header in headers])
        changes = [((header[_DATA], header[_TYPE]), before.get(header[_POSITION])) for header in headers]
        effects = await self._histories.effects(log, number, changes) if headers else []
        numbers = await self._numbers(number, headers)
        names = await names_of(self._store, number, [header[_TASK] for header in headers])
        return [
            {
                **asdict(entry_of(tuple(header))),
                "artifact_id": header[_STREAM],
                "number": numbers.get(header[_CREATED]),
                "task_run_name": names.get(header[_TASK] or ""),
                "effect": None if header[_KIND].endswith(".deleted") else effect,
            }
            for header, effect in zip(headers, effects, strict=True)
        ]

    async def _before(self, number: int, positions: Sequence[int]) -> dict[int, Place]:
        """By the position of a write: where the data stood that it replaced; without those that replaced none."""
        if not positions:
            return {}
        rows = await self._store.fetch(BEFORE, log=number, positions=list(positions))
        priors = {position: prior for position, prior in rows if prior is not None}
        places = {
            position: (data_position, type)
            for position, kind, data_position, type in await self._store.fetch(
                DATA_AT, log=number, positions=list(set(priors.values()))
            )
            if not kind.endswith(".deleted")
        }
        return {position: places[prior] for position, prior in priors.items() if prior in places}

    async def _numbers(self, number: int, headers: Sequence[Row]) -> dict[int, int]:
        """The numbers of versions in their keys, by the position at which each was created."""
        created: dict[str, set[int]] = defaultdict(set)
        for header in headers:
            if header[_KEY] is not None:
                created[header[_KEY]].add(header[_CREATED])
        found: dict[int, int] = {}
        for key, positions in created.items():
            found.update(await self._store.fetch(NUMBERS, log=number, key=key, positions=list(positions)))
        return found

    async def _told(
        self, number: int, kind: str, writes: Sequence[Write], as_of: int, moment: Micros
    ) -> list[dict[str, Any]]:
        """Runs of one kind, as a list shows them."""
        ids = [each.id for each in writes]
        if not ids:
            return []
        facts, written = await self._facts(number, kind, ids), await self._shares(number, kind, ids, as_of)
        return [
            _run(kind, each.id, facts.get(each.id), written.get(each.id, []), moment, related_name(each))
            for each in writes
        ]

    async def _facts(self, number: int, kind: str, ids: Sequence[str]) -> dict[str, RunFacts]:
        rows = await self._store.fetch(FACTS[kind], log=number, ids=list(ids))
        return {each.id: each for each in map(RunFacts.from_row, rows)}

    async def _shares(self, number: int, kind: str, ids: Sequence[str], as_of: int) -> dict[str, list[Share]]:
        """What each run wrote to each key, the key that it wrote last first."""
        found: dict[str, list[Share]] = defaultdict(list)
        for row in await self._store.fetch(shares(kind), log=number, ids=list(ids), as_of=as_of):
            share = Share(*row)
            found[share.run_id].append(share)
        return {run_id: sorted(each, key=lambda share: -share.position) for run_id, each in found.items()}

    async def _moment(self, log: str, position: int) -> Micros:
        """Until when it is told what is known of runs: a state that began after a moment of the past is not."""
        if position >= (await self._store.head(log)).position:
            return self._store.clock()
        event = await read_event(self._store, log, position)
        return 0 if event is None else event.recorded


def related_name(write: Write) -> str | None:
    """The name that a run had when it wrote, if the event says it. Pure."""
    return next((labels.get(RESOURCE_NAME) for labels in related_of(write.related) if labels[ROLE] == write.kind), None)


def _run(
    kind: str | None,
    run_id: str,
    facts: RunFacts | None,
    written: Sequence[Share],
    moment: Micros,
    name: str | None = None,
) -> dict[str, Any]:
    """What is known of a run, and what it wrote in all."""
    keys = [restored(share.key) for share in written if share.key is not None]
    known = facts if facts is not None else RunFacts(run_id, name)
    has_begun = known.state_timestamp is not None and known.state_timestamp <= moment
    return {
        "kind": kind,
        "id": run_id,
        "name": known.name or name,
        "flow_id": known.flow_id,
        "flow_name": known.flow_name,
        "deployment_id": known.deployment_id,
        "deployment_name": known.deployment_name,
        "flow_run_id": known.flow_run_id if kind == TASK_RUN else None,
        "parent_task_run_id": known.parent_task_run_id if kind == FLOW_RUN else None,
        "tags": known.tags,
        "state_type": known.state_type if has_begun else None,
        "state_name": known.state_name if has_begun else None,
        "started": _text(known.started, moment),
        "ended": _text(known.ended, moment),
        "writes": sum(share.writes for share in written),
        "keys": len(keys),
        "key_names": keys[:RUN_KEYS_SHOWN],
        "first_write": _text(min((share.first for share in written), default=None), moment),
        "last_write": _text(max((share.last for share in written), default=None), moment),
        "last_position": max((share.position for share in written), default=0),
    }


def _text(at: Micros | None, moment: Micros) -> str | None:
    return None if at is None or at > moment else as_text(at)


def _pattern(text: str) -> str:
    """What contains a text, as `LIKE` has it. Pure."""
    escaped = (storable(text) or "").lower()
    for special in "!%_":
        escaped = escaped.replace(special, f"!{special}")
    return f"%{escaped}%"


def page_of(upstream_api_url: str, kind: str | None, run_id: str) -> str | None:
    """Where the upstream's own pages show a run; None: there is no upstream. Pure."""
    if not upstream_api_url:
        return None
    parts = urlsplit(upstream_api_url)
    return f"{parts.scheme}://{parts.netloc}/runs/{kind or FLOW_RUN}/{run_id}"
