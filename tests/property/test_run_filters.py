"""Every filter on runs finds the artifacts that a plain reading of Prefect's words finds, over random runs."""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, get_args
from uuid import UUID

import httpx2
import pytest
from msgspec import Struct
from pydantic import BaseModel

from events.event import Event
from projections.criteria import CLAUSES
from projections.filters import ArtifactListing
from projections.question import WITHOUT_MEANING
from projections.runs.observations import CreatedBy
from projections.runs.tables import NAME
from service.parts import Parts
from service.provenance import from_upstream
from tests.contract.calls import created, listed
from tests.run_events import (
    NOON,
    deployment_observed,
    flow_observed,
    flow_run_observed,
    task_run_observed,
)

NOBODY = str(UUID(int=0))
QUESTIONS = 40
TIMES = [None, *(datetime(2026, 11, 21, hour, tzinfo=UTC) for hour in (6, 12, 18))]
NAMES = ["red-Fox", "blue_fox", "50% fox", "back\\slash", "étude"]
TAGS = ["etl", "a,b", 'quo"te', "ETL"]
CREATORS = [{"id": NOBODY, "type": "DEPLOYMENT"}, {"id": None, "type": "AUTOMATION"}]
STATES = ["SCHEDULED", "RUNNING", "COMPLETED", "FAILED"]


class World(Struct, frozen=True):
    """What the upstream has, by id; and the artifacts, each by its name with its two runs."""

    flows: dict[str, dict[str, Any]]
    deployments: dict[str, dict[str, Any]]
    flow_runs: dict[str, dict[str, Any]]
    task_runs: dict[str, dict[str, Any]]
    artifacts: dict[str, tuple[str | None, str | None]]


def ids(chance: random.Random, how_many: int) -> list[str]:
    return [str(UUID(int=chance.getrandbits(128), version=4)) for _ in range(how_many)]


def tags(chance: random.Random) -> tuple[str, ...]:
    return tuple(chance.sample(TAGS, chance.choice((0, 0, 1, 2))))


def a_world(chance: random.Random) -> World:
    flows = {id: {"id": id, "name": chance.choice(NAMES), "tags": tags(chance)} for id in ids(chance, 3)}
    deployments = {
        id: {
            "id": id,
            "name": chance.choice(NAMES),
            "flow_id": chance.choice(list(flows)[:2]),
            "work_queue_name": chance.choice((None, "q1", "q2")),
            "tags": tags(chance),
            "paused": chance.random() < 0.5,
        }
        for id in ids(chance, 3)
    }
    flow_run_ids, task_run_ids = ids(chance, 8), ids(chance, 6)
    task_runs = {
        id: {
            "id": id,
            "name": chance.choice(NAMES),
            "flow_run_id": chance.choice((None, *flow_run_ids[:3])),
            "tags": tags(chance),
            **{name: chance.choice(TIMES) for name in ("expected_start_time", "start_time", "end_time")},
            "state_type": chance.choice(STATES),
        }
        for id in task_run_ids
    }
    flow_runs = {
        id: {
            "id": id,
            "name": chance.choice(NAMES),
            "flow_id": chance.choice(list(flows)),
            "deployment_id": chance.choice((None, *deployments)),
            "work_queue_name": chance.choice((None, "q1", "q2")),
            "parent_task_run_id": chance.choice((None, *task_run_ids[:3])),
            "flow_version": chance.choice((None, "1", "2")),
            "idempotency_key": chance.choice((None, "once", "twice")),
            "created_by": chance.choice(
                (None, {"id": NOBODY, "type": "DEPLOYMENT"}, {"id": None, "type": "AUTOMATION"})
            ),
            "tags": tags(chance),
            **{name: chance.choice(TIMES) for name in ("start_time", "end_time")},
            **{name: chance.choice(TIMES) for name in ("expected_start_time", "next_scheduled_start_time")},
            "state_type": chance.choice(STATES),
        }
        for id in flow_run_ids
    }
    unknown = ids(chance, 1)
    artifacts = {
        f"artifact-{number}": (
            chance.choice((None, *flow_run_ids, *unknown)),
            chance.choice((None, None, *task_run_ids, *unknown)),
        )
        for number in range(30)
    }
    return World(flows, deployments, flow_runs, task_runs, artifacts)


def observed(world: World) -> Iterable[Event]:
    for run in world.flow_runs.values():
        yield flow_run_observed(**without_state(run), state=(run["state_type"], NOON))
    for run in world.task_runs.values():
        yield task_run_observed(**without_state(run), state=(run["state_type"], NOON))
    yield from (flow_observed(**flow) for flow in world.flows.values())
    yield from (deployment_observed(**deployment) for deployment in world.deployments.values())


def without_state(run: dict[str, Any]) -> dict[str, Any]:
    facts = {name: value for name, value in run.items() if name != "state_type"}
    by = facts.get("created_by")
    return facts if by is None else {**facts, "created_by": CreatedBy(**by)}


Row = dict[str, Any]
Meaning = Callable[[World, Row, Any], bool]


def like(text: str | None, part: str) -> bool:
    """`%` and `_` are wildcards; ASCII letters are the same in either case."""
    pattern = "".join({"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}.get(each, each) for each in part)
    lower = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
    return text is not None and fnmatchcase(text.translate(lower), f"*{pattern.translate(lower)}*")


def one_of(field: str) -> Meaning:
    return lambda world, row, asked: row[field] in asked


def none_of(field: str) -> Meaning:
    return lambda world, row, asked: row[field] is not None and row[field] not in asked


def is_null(field: str) -> Meaning:
    return lambda world, row, asked: (row[field] is None) == asked


def before(field: str) -> Meaning:
    return lambda world, row, asked: row[field] is not None and row[field] <= asked


def after(field: str) -> Meaning:
    return lambda world, row, asked: row[field] is not None and row[field] >= asked


def started(row: Row) -> datetime | None:
    return row["start_time"] or row["expected_start_time"]


def of_flow_run(world: World, task_run: Row) -> bool:
    return any(run["parent_task_run_id"] == task_run["id"] for run in world.flow_runs.values())


NAMED: dict[str, Meaning] = {
    "name.any_": one_of("name"),
    "name.like_": lambda world, row, asked: like(row["name"], asked),
}
TAGGED: dict[str, Meaning] = {
    "tags.all_": lambda world, row, asked: set(asked) <= set(row["tags"]),
    "tags.is_null_": lambda world, row, asked: (not row["tags"]) == asked,
}
TAGGED_ANY: dict[str, Meaning] = {"tags.any_": lambda world, row, asked: bool(set(asked) & set(row["tags"]))}
ENDED: dict[str, Meaning] = {
    "end_time.before_": before("end_time"),
    "end_time.after_": after("end_time"),
    "end_time.is_null_": is_null("end_time"),
}
EXPECTED: dict[str, Meaning] = {
    "expected_start_time.before_": before("expected_start_time"),
    "expected_start_time.after_": after("expected_start_time"),
}
MEANINGS: dict[str, dict[str, Meaning]] = {
    "flow_runs": {
        "id.any_": one_of("id"),
        "id.not_any_": none_of("id"),
        **NAMED,
        **TAGGED,
        **TAGGED_ANY,
        "deployment_id.any_": one_of("deployment_id"),
        "deployment_id.is_null_": is_null("deployment_id"),
        "work_queue_name.any_": one_of("work_queue_name"),
        "work_queue_name.is_null_": is_null("work_queue_name"),
        "state.type.any_": one_of("state_type"),
        "state.type.not_any_": none_of("state_type"),
        "state.name.any_": lambda world, row, asked: row["state_type"].title() in asked,
        "state.name.not_any_": lambda world, row, asked: row["state_type"].title() not in asked,
        "flow_version.any_": one_of("flow_version"),
        "start_time.before_": lambda world, row, asked: (at := started(row)) is not None and at <= asked,
        "start_time.after_": lambda world, row, asked: (at := started(row)) is not None and at >= asked,
        "start_time.is_null_": is_null("start_time"),
        **ENDED,
        **EXPECTED,
        "next_scheduled_start_time.before_": before("next_scheduled_start_time"),
        "next_scheduled_start_time.after_": after("next_scheduled_start_time"),
        "parent_flow_run_id.any_": lambda world, row, asked: (
            world.task_runs.get(row["parent_task_run_id"], {}).get("flow_run_id") in asked
        ),
        "parent_task_run_id.any_": one_of("parent_task_run_id"),
        "parent_task_run_id.is_null_": is_null("parent_task_run_id"),
        "idempotency_key.any_": one_of("idempotency_key"),
        "idempotency_key.not_any_": none_of("idempotency_key"),
        "created_by.id_": lambda world, row, asked: (row["created_by"] or {}).get("id") in asked,
        "created_by.type_": lambda world, row, asked: (row["created_by"] or {}).get("type") in asked,
        "created_by.is_null_": is_null("created_by"),
    },
    "task_runs": {
        "id.any_": one_of("id"),
        **NAMED,
        **TAGGED,
        "state.type.any_": one_of("state_type"),
        "state.name.any_": lambda world, row, asked: row["state_type"].title() in asked,
        "start_time.before_": before("start_time"),
        "start_time.after_": after("start_time"),
        "start_time.is_null_": is_null("start_time"),
        **ENDED,
        **EXPECTED,
        "subflow_runs.exists_": lambda world, row, asked: of_flow_run(world, row) == asked,
        "flow_run_id.any_": one_of("flow_run_id"),
        "flow_run_id.is_null_": is_null("flow_run_id"),
    },
    "flows": {
        "id.any_": one_of("id"),
        "id.not_any_": none_of("id"),
        "deployment.is_null_": lambda world, row, asked: (
            asked == all(each["flow_id"] != row["id"] for each in world.deployments.values())
        ),
        **NAMED,
        **TAGGED,
    },
    "deployments": {
        "id.any_": one_of("id"),
        "id.not_any_": none_of("id"),
        **NAMED,
        "flow_or_deployment_name.like_": lambda world, row, asked: (
            like(row["name"], asked) or like(world.flows[row["flow_id"]]["name"], asked)
        ),
        "paused.eq_": lambda world, row, asked: row["paused"] == asked,
        **TAGGED,
        **TAGGED_ANY,
        "work_queue_name.any_": one_of("work_queue_name"),
    },
}
"""What each criterion says, in plain words."""


def a_value(chance: random.Random, world: World, group: str, criterion: str) -> Any:
    """Something to ask for: mostly what some row has."""
    *_, field, kind = ("", *criterion.split("."))
    if kind in ("is_null_", "exists_", "eq_"):
        return chance.random() < 0.5
    if kind in ("before_", "after_"):
        return chance.choice([each for each in TIMES if each is not None])
    if kind == "like_":
        return chance.choice(("fox", "FOX", "d_f", "50%", "\\", "É", "d%x", "nope"))
    rows: list[Row] = list(getattr(world, group).values())
    some = (
        {
            "parent_flow_run_id": list(world.flow_runs),
            "tags": TAGS,
            "type": STATES,
            "name": [each.title() for each in STATES] if criterion.startswith("state.") else NAMES,
            "created_by": ["DEPLOYMENT", "AUTOMATION"] if kind == "type_" else [NOBODY],
        }.get(field)
        or [row[field] for row in rows if row[field] is not None]
        or [NOBODY]
    )
    return chance.sample(some, min(len(some), chance.choice((1, 1, 2))))


def a_filter(chance: random.Random, world: World, group: str) -> dict[str, Any]:
    """Criteria by their names, of different fields; the first of them is asked of every field in turn."""
    names = chance.sample(list(MEANINGS[group]), chance.choice((0, 1, 1, 2)))
    by_field = {name.split(".")[0]: name for name in names}
    return {name: a_value(chance, world, group, name) for name in by_field.values()}


def as_body(criteria: dict[str, Any], operator: str) -> dict[str, Any]:
    """A filter object as it is sent."""
    body: dict[str, Any] = {"operator": operator}
    for name, asked in criteria.items():
        inner = body
        *way, last = name.split(".")
        for part in way:
            inner = inner.setdefault(part, {})
        inner[last] = asked.isoformat() if isinstance(asked, datetime) else asked
    return body


def holds(world: World, group: str, row: Row | None, criteria: dict[str, Any], operator: str) -> bool:
    if row is None:
        return False
    answers = [MEANINGS[group][name](world, row, asked) for name, asked in criteria.items()]
    return any(answers) or not answers if operator == "or_" else all(answers)


Asked = dict[str, tuple[dict[str, Any], str]]


def found_by(world: World, asked: Asked) -> set[str]:
    """The artifacts that are asked for, found by looking at each."""
    return {
        name for name, (flow_run, task_run) in world.artifacts.items() if is_asked(world, flow_run, task_run, asked)
    }


def is_asked(world: World, flow_run_id: str | None, task_run_id: str | None, asked: Asked) -> bool:
    run = world.flow_runs.get(flow_run_id or "")
    rows = {
        "flow_runs": run,
        "task_runs": world.task_runs.get(task_run_id or ""),
        "flows": run and world.flows.get(run["flow_id"]),
        "deployments": run and world.deployments.get(run["deployment_id"]),
    }
    if asks_for_id_alone(asked, "task_runs"):
        rows["task_runs"] = task_run_id and {"id": task_run_id}
    if asks_for_id_alone(asked, "flow_runs") and not asked.keys() & {"flows", "deployments"}:
        rows["flow_runs"] = flow_run_id and {"id": flow_run_id}
    return all(holds(world, group, rows[group], *question) for group, question in asked.items())


def asks_for_id_alone(asked: Asked, group: str) -> bool:
    criteria, _ = asked.get(group, ({}, ""))
    return bool(criteria) and all(name.startswith("id.") for name in criteria)


async def known(parts: Parts, chance: random.Random) -> World:
    """A world that the log has heard of, with its artifacts."""
    world = a_world(chance)
    recorded = await parts.events.news("default", list(observed(world)), from_upstream("http://up/api"), is_own=True)
    await parts.runner.wait_for("default", NAME, recorded[-1].position, timeout_s=20)
    return world


@pytest.mark.parametrize("seed", range(2))
async def test_each_filter_on_runs_finds_what_its_words_say(api: httpx2.AsyncClient, parts: Parts, seed: int) -> None:
    chance = random.Random(seed)
    world = await known(parts, chance)
    for name, (flow_run_id, task_run_id) in world.artifacts.items():
        await created(api, key=name, flow_run_id=flow_run_id, task_run_id=task_run_id)
    questions = [*each_alone(chance, world), *(some_together(chance, world) for _ in range(QUESTIONS))]
    for asked in questions:
        body = {group: as_body(*question) for group, question in asked.items()}
        expected = found_by(world, asked)
        for path in ("/artifacts/filter", "/artifacts/latest/filter"):
            found = {each["key"] for each in await listed(api, path, **body)}
            assert (body, found) == (body, expected)


def each_alone(chance: random.Random, world: World) -> Iterable[Asked]:
    for group, meanings in MEANINGS.items():
        for name in meanings:
            yield {group: ({name: a_value(chance, world, group, name)}, "and_")}


def some_together(chance: random.Random, world: World) -> Asked:
    groups = chance.sample(list(MEANINGS), chance.choice((1, 2, 3)))
    return {group: (a_filter(chance, world, group), chance.choice(("and_", "or_"))) for group in groups}


def test_every_field_of_the_filters_has_a_meaning() -> None:
    asked = {path for path in leaves(ArtifactListing, ()) if path[:2] not in WITHOUT_MEANING}
    collection = {("artifacts", "latest_id", "any_")}
    assert asked | collection == set(CLAUSES)
    of_runs = {(group, *name.split(".")) for group, meanings in MEANINGS.items() for name in meanings}
    assert of_runs == {without_answer(path) for path in asked if path[0] in MEANINGS}


def leaves(model: type[BaseModel], path: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """The ways through a filter to what can be asked in it; yes and no are two."""
    for name, field in model.model_fields.items():
        types = [each for each in get_args(field.annotation) if each is not type(None)]
        way = (*path, name)
        if name == "operator" or (not path and name in ("sort", "limit", "offset")):
            continue
        if isinstance(types[0], type) and issubclass(types[0], BaseModel):
            yield from leaves(types[0], way)
        elif types == [bool]:
            yield from ((*path, f"{name}{answer}") for answer in (True, False))
        else:
            yield way


def without_answer(path: tuple[str, ...]) -> tuple[str, ...]:
    return (*path[:-1], path[-1].removesuffix("True").removesuffix("False"))
