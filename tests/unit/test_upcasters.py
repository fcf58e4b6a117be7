"""Old forms of bodies are read as today's: every step, from frozen examples of what was once recorded."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from events import upcasters
from events.catalog import CATALOG, KINDS, Kind
from events.testing import an_event
from events.upcasters import LaterForm, MissingUpcaster, SharedBody, Upcasters, current, upcast
from projections.runs.observations import DEPLOYMENT, FLOW, FLOW_RUN, TASK_RUN, Observed
from tests.run_events import NOON, moment

FORMS = Path(__file__).parents[1] / "forms"
OBSERVED = {thing.kind: thing for thing in (FLOW_RUN, TASK_RUN, FLOW, DEPLOYMENT)}
STEPS: Upcasters = {("k", 1): lambda body: body + "2", ("k", 2): lambda body: body + "3"}


def form(kind: str, version: int) -> str:
    """A body as it was recorded in that version. Such a file is never changed."""
    return (FORMS / kind / f"{version}.json").read_text().removesuffix("\n")


OLD = [(kind.name, version) for kind in KINDS for version in range(1, kind.schema_version)]


@pytest.mark.parametrize(("kind", "version"), OLD)
def test_an_old_form_is_read_as_the_next(kind: str, version: int) -> None:
    assert upcasters.UPCASTERS[kind, version](form(kind, version)) == form(kind, version + 1)


@pytest.mark.parametrize(("kind", "version"), OLD)
def test_an_old_form_becomes_todays(kind: str, version: int) -> None:
    today = CATALOG[kind].schema_version
    assert upcast(kind, version, form(kind, version)) == form(kind, today)
    assert OBSERVED[kind].read(form(kind, version)) == OBSERVED[kind].read(form(kind, today)) is not None


@given(st.data())
@pytest.mark.parametrize("thing", OBSERVED.values(), ids=OBSERVED)
def test_what_was_said_before_is_said_now(thing: Observed[Any], data: st.DataObject) -> None:
    """In the words in which it is recorded today, to the letter."""
    seen = data.draw(observations(thing))
    assert upcast(thing.kind, 1, as_it_was_recorded(seen)) == msgspec.json.encode(seen).decode()


def observations(thing: Observed[Any]) -> st.SearchStrategy[Any]:
    known = {"id": "i", "updated": moment(NOON), "name": "n", "flow_id": "f"}
    given = {
        "tags": st.lists(st.text(max_size=3), max_size=2),
        "run_count": st.integers(0, 2),
        "paused": st.booleans(),
        "state": st.none() | st.fixed_dictionaries({"type": st.text(), "timestamp": st.just("2026-11-21T08:00:00Z")}),
        "created_by": st.none() | st.fixed_dictionaries({}, optional={"id": st.text(), "type": st.text()}),
        "work_queue_name": st.none() | st.text(),
    }
    fields = thing.type.__struct_fields__
    optional = {name: given[name] for name in fields if name in given}
    facts = st.fixed_dictionaries({name: st.just(known[name]) for name in fields if name in known}, optional=optional)
    return facts.map(lambda facts: msgspec.convert(facts, thing.type))


def as_it_was_recorded(seen: Struct) -> str:
    """In the first form: every field, whether anything is known of it or not."""
    return msgspec.json.encode(_whole(seen)).decode()


def _whole(value: Any) -> Any:
    if isinstance(value, Struct):
        return {name: _whole(getattr(value, name)) for name in value.__struct_fields__}
    return value


def test_steps_follow_each_other() -> None:
    assert upcast("k", 1, "1", STEPS) == "123"
    assert upcast("k", 3, "1", STEPS) == "1"


def test_a_kind_that_nobody_knows_passes_untouched() -> None:
    for version in (1, 7):
        assert current(an_event(kind="acme.thing.happened", schema_version=version, content="{ }")) == "{ }"


def test_a_form_of_a_later_version_is_refused_by_who_reads_it_and_passed_on_by_who_does_not() -> None:
    with pytest.raises(LaterForm, match=r"version 9, and this version of Digsite reads up to 2: upgrade it"):
        current(an_event(kind=FLOW.kind, schema_version=9, content="{}"))
    assert upcast(FLOW.kind, 9, '{"new": 1}') == '{"new": 1}'


def test_a_body_that_is_not_there_stays_so() -> None:
    assert current(an_event(kind=FLOW.kind, schema_version=1, content=None)) is None


def test_a_hole_in_the_steps_is_found() -> None:
    upcasters.check([Kind("k", "", 3)], STEPS)
    with pytest.raises(MissingUpcaster) as hole:
        upcasters.check([Kind("k", "", 4)], STEPS)
    assert (hole.value.kind, hole.value.version) == ("k", 3)


def test_a_body_that_others_point_at_keeps_its_version() -> None:
    with pytest.raises(SharedBody, match="its version stays 1"):
        upcasters.check([Kind("k", "", 2, is_shared=True)], STEPS)


def test_every_kind_of_today_can_be_reached() -> None:
    upcasters.check()
