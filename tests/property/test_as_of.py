"""Over random histories: a read as of a position answers what it answered when the log was there."""

import json
import uuid
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from projections import INLINE
from projections.filters import ArtifactCount, ArtifactListing, CollectionCount, CollectionListing, Sort
from service.deciding.commands import CommandRefused
from service.parts import Parts
from tests.invariants import fold, read_whole_log
from tests.property.histories import KEYS, VERBS, Step, histories_of, live

quick = profile(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
histories = histories_of([*VERBS, "import", "import"])

A = str(uuid.UUID(int=1))
ASKED: list[dict[str, Any]] = [
    {},
    {"key": {"any_": ["a"]}},
    {"key": {"exists_": False}},
    {"type": {"any_": ["t\0"]}},
    {"type": {"not_any_": ["t\0"]}},
    {"operator": "or_", "key": {"any_": ["b"]}, "flow_run_id": {"any_": [A]}},
    {"flow_run_id": {"any_": [A]}},
]
"""What is asked of artifacts, and of collections."""
questions = st.fixed_dictionaries(
    {
        "artifacts": st.sampled_from(ASKED),
        "sort": st.sampled_from(Sort),
        "limit": st.integers(1, 9),
        "offset": st.integers(0, 3),
    }
)


async def answers(parts: Parts, log: str, asked: dict[str, Any], as_of: int | None = None) -> list[Any]:
    """What all kinds of reads answer: without a position, now."""
    count = {"artifacts": asked["artifacts"]}
    return [
        await parts.artifacts.list(log, ArtifactListing(**asked), as_of),
        await parts.artifacts.list(log, CollectionListing(**asked), as_of),
        await parts.artifacts.count(log, ArtifactCount(**count), as_of),
        await parts.artifacts.count(log, CollectionCount(**count), as_of),
        *[await latest(parts, log, key or "", as_of) for key in KEYS],
    ]


async def latest(parts: Parts, log: str, key: str, as_of: int | None) -> Any:
    try:
        return await parts.artifacts.latest(log, key, as_of)
    except CommandRefused as refusal:
        return str(refusal)


async def one(parts: Parts, log: str, artifact_id: str, as_of: int | None) -> Any:
    try:
        return await parts.artifacts.read(log, artifact_id, as_of)
    except CommandRefused as refusal:
        return str(refusal)


@given(history=histories, asked=questions)
@quick
async def test_a_read_as_of_a_position_answers_what_it_answered_then(
    parts: Parts, history: list[list[Step]], asked: dict[str, Any]
) -> None:
    log = uuid.uuid4().hex
    then: dict[int, list[Any]] = {}
    for chunk in history:
        await live(parts, log, [chunk])
        then[(await parts.store.head(log)).position] = await answers(parts, log, asked)
    for position, expected in then.items():
        assert await parts.readers.past.reach(log, str(position)) == position
        assert await answers(parts, log, asked, position) == expected


@given(history=histories, share=st.floats(0, 1))
@quick
async def test_what_was_there_at_any_position_is_the_fold_of_the_log_up_to_it(
    parts: Parts, history: list[list[Step]], share: float
) -> None:
    log = uuid.uuid4().hex
    await live(parts, log, history)
    events = await read_whole_log(parts.store, log)
    position = await parts.readers.past.reach(log, str(int(share * len(events))))
    for projector, listing in zip(INLINE, (ArtifactListing, CollectionListing), strict=False):
        rows = fold(await parts.store.log_number(log), projector, events[:position])
        names = list(projector.columns)
        expected = sorted(((dict(zip(names, row, strict=True))) for row in rows.values()), key=lambda row: row["id"])
        found = json.loads((await parts.artifacts.list(log, listing(), position)).json)
        assert [each["id"] for each in reversed(found)] == [row["id"] for row in expected]
        assert [each["key"] for each in reversed(found)] == [row["key"] for row in expected]


async def test_each_state_of_an_artifact_is_read_by_its_position(parts: Parts) -> None:
    steps = [Step(verb, "a", 0, retry) for verb, retry in (("create", None), ("update", 1), ("update", 0))]
    await live(parts, "default", [[step] for step in [*steps, Step("delete", "a", 0, None)]])
    [artifact] = {each.stream.id for each in await read_whole_log(parts.store, "default") if each.position == 1}
    told = [await one(parts, "default", artifact, await reached(parts, position)) for position in (0, 1, 3, 4, 6, 7)]
    versions = [each if isinstance(each, str) else each.version for each in told]
    gone = f"There is no artifact {artifact}."
    assert versions == [gone, 1, 2, 2, 3, gone]


async def reached(parts: Parts, position: int) -> int:
    return await parts.readers.past.reach("default", str(position))
