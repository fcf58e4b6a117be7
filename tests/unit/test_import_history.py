"""From what an artifact is now, and the events that are left of it, to its steps."""

from hypothesis import given
from hypothesis import strategies as st

from service.deciding.commands import ImportedStep
from service.moving.history import FIELDS, content_of, first_steps, later_steps
from service.moving.prefect import CREATED, LATEST, UPDATED, PrefectArtifact, PrefectEvent
from service.moving.sameness import same

ID = "5366c7d8-6a67-4b4e-8a2e-3f6c0d8f0a11"
SECOND = 1_000_000
BEGAN = 1_700_000_000 * SECOND


def an_artifact(updated: int = BEGAN, **facts: str) -> PrefectArtifact:
    return PrefectArtifact(id=ID, key="k", created=BEGAN, updated=updated, **facts)


def an_event(kind: str, payload: str, at: int = 0, id: str | None = None) -> PrefectEvent:
    labels = {"prefect.resource.id": f"prefect.artifact.{ID}", "prefect.resource.role": "latest"}
    return PrefectEvent(
        id=id or f"{kind}-{at}", kind=kind, occurred=BEGAN + at, resource=labels, related=(labels,), payload=payload
    )


def fields(step: ImportedStep) -> dict[str, str | None]:
    return {name: getattr(step, name) for name in FIELDS if getattr(step, name) is not None}


def as_json(payload: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{text}' for name, text in payload.items()) + "}"


def folded(steps: tuple[ImportedStep, ...]) -> dict[str, str]:
    state = dict.fromkeys(FIELDS, "null")
    for step in steps:
        state |= fields(step)  # type: ignore[arg-type]
    return state


def test_an_artifact_that_was_never_changed_was_created_as_it_is() -> None:
    (created,) = first_steps(an_artifact(data="1", description='"d"'), [])
    assert fields(created) == {"data": "1", "description": '"d"', "metadata": "null"}
    assert (created.occurred, created.updated, created.related) == (BEGAN, BEGAN, None)


def test_its_creation_has_prefects_own_event_where_that_is_still_there() -> None:
    event = an_event(CREATED, '{"key":"k","type":null,"description":"d"}', at=30)
    (created,) = first_steps(an_artifact(description='"d"'), [event])
    assert (created.event_id, created.occurred, created.related) == (event.id, event.occurred, event.related)
    assert created.updated == BEGAN


def test_the_same_history_has_the_same_ids_whenever_it_is_worked_out() -> None:
    artifact = an_artifact(BEGAN + SECOND, data="1")
    assert first_steps(artifact, []) == first_steps(artifact, [])
    assert len({step.event_id for step in first_steps(artifact, [])}) == 2


def test_each_change_of_which_the_event_is_left_is_a_step() -> None:
    events = [an_event(UPDATED, '{"data":2}', at=20), an_event(UPDATED, '{"data":1,"description":"x"}', at=10)]
    created, *changes = first_steps(an_artifact(BEGAN + 19, data="2", description='"x"'), events)
    assert [fields(step) for step in changes] == [{"data": "1", "description": '"x"'}, {"data": "2"}]
    assert [step.updated - BEGAN for step in changes] == [10, 19]
    assert fields(created) == {"metadata": "null"}


def test_what_a_change_overwrote_is_not_guessed() -> None:
    (created, _) = first_steps(
        an_artifact(BEGAN + 9, data="2", description='"d"'), [an_event(UPDATED, '{"data":2}', 9)]
    )
    assert fields(created) == {"description": '"d"', "metadata": "null"}


def test_what_the_collections_event_showed_at_the_creation_is_known() -> None:
    events = [an_event(UPDATED, '{"data":2}', at=20), an_event(LATEST[0], '{"data":0.0,"description":null}', at=1)]
    created, _ = first_steps(an_artifact(BEGAN + 19, data="2"), events)
    assert fields(created) == {"data": "0.0", "description": "null", "metadata": "null"}
    assert (created.announced_id, created.announced) == (events[1].id, BEGAN + 1)


def test_what_it_showed_long_after_is_not_how_it_began() -> None:
    late = an_event(LATEST[1], '{"data":7,"description":null}', at=61 * SECOND)
    created, closing = first_steps(an_artifact(BEGAN + 20, data="7"), [late])
    assert (created.announced_id, created.data, closing.data) == (None, None, "7")


def test_a_change_without_an_event_closes_the_history() -> None:
    created, told, closing = first_steps(an_artifact(BEGAN + 50, data="3"), [an_event(UPDATED, '{"data":2}', at=20)])
    assert (created.data, told.data, closing.data) == (None, "2", "3")
    assert (told.updated, closing.updated, closing.occurred) == (BEGAN + 20, BEGAN + 50, BEGAN + 50)


def test_a_change_that_left_all_as_it_was_is_still_one() -> None:
    shown = an_event(LATEST[0], '{"data":1,"description":null}', at=1)
    created, closing = first_steps(an_artifact(BEGAN + 50, data="1"), [shown])
    assert (created.data, fields(closing), closing.updated) == ("1", {}, BEGAN + 50)


def test_a_number_is_the_same_in_another_form() -> None:
    (_, told) = first_steps(an_artifact(BEGAN + 9, data="60"), [an_event(UPDATED, '{"data":60.0}', at=9)])
    assert told.data == "60.0"


def test_an_artifact_that_was_brought_before_gets_what_is_new() -> None:
    events = [an_event(UPDATED, '{"data":1}', at=10), an_event(UPDATED, '{"data":2}', at=20)]
    told, closing = later_steps(an_artifact(BEGAN + 19, data="2", description='"d"'), events, BEGAN + 12)
    assert (told.event_id, told.data) == (events[1].id, "2")
    assert fields(closing) == {"data": "2", "description": '"d"', "metadata": "null"}
    assert closing.updated == BEGAN + 19


texts = st.sampled_from(["null", "1", "1.0", '"a"', '{"a":[1,true]}', "[]", "true"])
payloads = st.dictionaries(st.sampled_from(["data", "description", "metadata_"]), texts, max_size=3)
events_left = st.lists(
    st.builds(
        lambda kind, payload, at, id: an_event(kind, as_json(payload), at, id),
        st.sampled_from([CREATED, UPDATED, UPDATED, *LATEST]),
        payloads,
        st.integers(-5, 70 * SECOND) | st.integers(0, 50),
        st.uuids().map(str),
    ),
    max_size=6,
)
artifacts = st.builds(
    lambda updated, **facts: an_artifact(BEGAN + updated, **facts),
    st.integers(0, 50),
    data=texts,
    description=texts,
    metadata=texts,
)


@given(artifacts, events_left)
def test_the_steps_lead_to_what_the_artifact_is(artifact: PrefectArtifact, events: list[PrefectEvent]) -> None:
    steps = first_steps(artifact, events)
    state, now = folded(steps), content_of(artifact)
    assert all(same(state[name], now[name]) for name in FIELDS)
    assert steps[-1].updated == artifact.updated or len(steps) == 1
    _check_times_and_ids(steps, artifact.created)


@given(artifacts, events_left, st.integers(0, 50))
def test_later_steps_lead_there_from_anywhere(artifact: PrefectArtifact, events: list[PrefectEvent], at: int) -> None:
    since = min(BEGAN + at, artifact.updated)
    steps = later_steps(artifact, events, since)
    assert folded(steps) == content_of(artifact)
    assert steps[-1].updated == artifact.updated
    _check_times_and_ids(steps, since)


def _check_times_and_ids(steps: tuple[ImportedStep, ...], since: int) -> None:
    times = [since, *(step.updated for step in steps)]
    assert times == sorted(times)
    ids = [id for step in steps for id in (step.event_id, step.announced_id) if id is not None]
    assert len(set(ids)) == len(ids)
