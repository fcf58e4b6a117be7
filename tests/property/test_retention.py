"""Over random histories and policies: what is kept reads exactly as before, and what a policy keeps is kept."""

import uuid

from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from events.event import Origin
from events.stores.sql import SqlStore
from projections.artifacts import ARTIFACTS, Artifact
from projections.collections import COLLECTIONS, Collection
from projections.projector import LatestHeader
from service.deciding.commands import PinArtifact
from service.parts import Parts
from service.rendering import positions_of
from service.retention.policy import Policy, State, unneeded
from tests.invariants import check_log, rows_of
from tests.property.histories import Step, histories, live
from tests.retaining import applied

quick = profile(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
policies = st.lists(
    st.builds(
        Policy,
        name=st.sampled_from(["p", "q", "r"]),
        keys=st.sampled_from([None, "*", "a", "?"]),
        types=st.sampled_from([None, ("t\0",), ("other",)]),
        keep_for_s=st.sampled_from([None, 86_400, 30 * 86_400]),
        keep_versions=st.sampled_from([None, 1, 2]),
        keep_one_in=st.sampled_from([None, 2, 3]),
        latest_too=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda policy: policy.name,
)


@given(history=histories, policies=policies, pinned=st.integers(0, 3))
@quick
async def test_what_is_kept_reads_as_before(
    parts: Parts, history: list[list[Step]], policies: list[Policy], pinned: int
) -> None:
    log = uuid.uuid4().hex
    await live(parts, log, history)
    for artifact_id in list(await rows_of(parts.store, log, ARTIFACTS))[:pinned]:
        await parts.writer.submit(log, PinArtifact(id=artifact_id))
    before = await shown(parts.store, log, ARTIFACTS)
    for policy in policies:
        await parts.retention.put(log, policy, Origin())
    await applied(parts, log=log, days=10)
    after = await shown(parts.store, log, ARTIFACTS)
    assert after.items() <= before.items()
    assert "gone" not in str(after) + str(await shown(parts.store, log, COLLECTIONS))
    await check_log(parts.store, log)


@given(st.lists(st.sampled_from(["data", "description", "both"]), max_size=12), st.integers(2, 5), st.integers(1, 4))
def test_each_kept_state_has_all_its_bodies(changes: list[str], keep_one_in: int, page: int) -> None:
    states = [State(1, 1, (1, 1, 1))]
    for position, change in enumerate(changes, 2):
        data, description, metadata = states[-1].bodies
        here = (position, description, metadata) if change == "data" else (data, position, metadata)
        states.append(State(position, position, (position, position, metadata) if change == "both" else here))
    policy, last, kept = Policy(name="p", keep_one_in=keep_one_in), len(states), set[int]()
    newest_first = states[::-1]
    pages = [newest_first[start : start + page] for start in range(0, last, page)]
    gone = {each for some in pages for each in unneeded(policy, some, last, kept)}
    wanted = [state for state in states if state.version in (1, last) or (state.version - 1) % keep_one_in == 0]
    assert gone == {state.position for state in states} - {body for state in wanted for body in state.bodies}


async def shown(store: SqlStore, log: str, projector: LatestHeader) -> dict[str, list[str]]:
    """What each row of a read model shows: the bodies that it points at."""
    found = {}
    for identity, row in (await rows_of(store, log, projector)).items():
        of_row = Artifact.from_row(row) if projector is ARTIFACTS else Collection.from_row(row)
        positions = sorted(positions_of([of_row]))
        bodies = await store.bodies(log, positions)
        found[identity] = [str(positions), *(bodies.get(each, "gone") for each in positions)]
    return found
