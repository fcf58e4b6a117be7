"""What a filter means: the one matcher, corner by corner."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.filter import EventFilter
from events.matching import Matcher
from events.published import Published
from tests.unit.publishing import published, shown

SHIP = {"prefect.resource.id": "ship.one", "prefect.resource.name": "Aurora", "tag": "[a]"}
PORT = {"prefect.resource.id": "port.one", "prefect.resource.role": "from", "name": "Kiel"}
CREW = {"prefect.resource.id": "crew.one", "prefect.resource.role": "aboard"}

EVENT = published(
    1,
    {1: shown('{"knots":12.5,"to":"K\\u00f8ge"}')},
    id="0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55",
    kind="ship.sailed",
    occurred=1_795_259_822_000_000,
    resource=SHIP,
    related=(PORT, CREW),
)
LONELY = published(2, kind="ship.lost", resource={"prefect.resource.id": "ship.two"})


def matches(event: Published = EVENT, /, **filter: Any) -> bool:
    return Matcher(EventFilter.model_validate(filter))(event)


@pytest.mark.parametrize(
    ("actor", "holds"),
    [
        ({}, True),
        ({"name": []}, True),
        ({"name": ["anonymous"]}, True),
        ({"name": ["ann", "anonymous"]}, True),
        ({"name": ["Anonymous"]}, False),
        ({"exclude_name": ["anonymous"]}, False),
        ({"exclude_name": ["prefect:import"]}, True),
        ({"name": ["anonymous"], "exclude_name": ["anonymous"]}, False),
    ],
)
def test_who_caused_it(actor: Any, holds: bool) -> None:
    assert matches(actor=actor) == holds


def test_without_any_part_everything_matches() -> None:
    assert matches()
    assert matches(LONELY)


@pytest.mark.parametrize(
    ("labels", "holds"),
    [
        ({}, True),
        ({"prefect.resource.name": "Aurora"}, True),
        ({"prefect.resource.name": "aurora"}, False),
        ({"prefect.resource.name": "Aur*"}, True),
        ({"prefect.resource.name": "*ror*"}, True),
        ({"prefect.resource.name": "A*r*a"}, True),
        ({"prefect.resource.name": "Auror?"}, True),
        ({"prefect.resource.name": "Aurora?"}, False),
        ({"prefect.resource.name": "Aurora*"}, True),
        ({"prefect.resource.name": "*"}, True),
        ({"prefect.resource.name": ["Borea", "Aurora"]}, True),
        ({"prefect.resource.name": "!Borea"}, True),
        ({"prefect.resource.name": "!Aurora"}, False),
        ({"prefect.resource.name": "!Aur*"}, False),
        ({"prefect.resource.name": ["!Aurora", "!Borea"]}, True),
        ({"prefect.resource.name": []}, False),
        ({"tag": "[a]"}, True),
        ({"tag": "a"}, False),
        ({"missing": "*"}, False),
        ({"missing": "!x"}, False),
        ({"missing": []}, False),
        ({"prefect.resource.name": "Aurora", "missing": "x"}, False),
    ],
)
def test_labels(labels: dict[str, Any], holds: bool) -> None:
    assert matches(resource={"labels": labels}) == holds


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ({"prefix": ["ship."]}, True),
        ({"prefix": ["port.", "ship.s"]}, True),
        ({"prefix": ["Ship."]}, False),
        ({"prefix": ["ship%"]}, False),
        ({"prefix": []}, True),
        ({"exclude_prefix": ["ship."]}, False),
        ({"exclude_prefix": []}, True),
        ({"name": ["ship.sailed"]}, True),
        ({"name": ["ship.*"]}, False),
        ({"name": []}, True),
        ({"exclude_name": ["ship.sailed"]}, False),
        ({"prefix": ["ship."], "exclude_name": ["ship.lost"]}, True),
    ],
)
def test_the_name_of_an_event(kind: dict[str, Any], holds: bool) -> None:
    assert matches(event=kind) == holds


@pytest.mark.parametrize(
    ("resource", "holds"),
    [
        ({"id": ["ship.one"]}, True),
        ({"id": ["ship.*"]}, False),
        ({"id_prefix": ["port.", "ship."]}, True),
        ({"id_prefix": ["hip"]}, False),
        ({"id": ["ship.one"], "labels": {"tag": "x"}}, False),
        ({"id": ["port.one"]}, False),
    ],
)
def test_the_resource(resource: dict[str, Any], holds: bool) -> None:
    assert matches(resource=resource) == holds


@pytest.mark.parametrize(
    ("related", "holds"),
    [
        ({}, True),
        ({"id": ["port.one"]}, True),
        ({"id": ["ship.one"]}, False),
        ({"role": ["aboard", "astern"]}, True),
        ({"id": ["port.one"], "role": ["aboard"]}, False),
        ({"resources_in_roles": [["port.one", "from"]]}, True),
        ({"resources_in_roles": [["port.one", "aboard"]]}, False),
        ({"labels": {"name": "K*"}}, True),
        ([{"role": ["from"]}, {"role": ["aboard"]}], True),
        ([{"role": ["from"]}, {"role": ["astern"]}], False),
        ([], True),
    ],
)
def test_related_resources(related: Any, holds: bool) -> None:
    assert matches(related=related) == holds


@pytest.mark.parametrize(
    ("any_resource", "holds"),
    [
        ({"id": ["ship.one"]}, True),
        ({"id": ["port.one"]}, True),
        ({"id_prefix": ["crew"]}, True),
        ([{"id": ["ship.one"]}, {"id": ["port.one"]}], True),
        ([{"id": ["ship.one"]}, {"id": ["port.two"]}], False),
        ({"labels": {"name": "!Kiel"}}, False),
    ],
)
def test_any_resource(any_resource: Any, holds: bool) -> None:
    assert matches(any_resource=any_resource) == holds


def test_an_event_without_related_resources_matches_no_related_criterion() -> None:
    assert matches(LONELY, related={})
    assert not matches(LONELY, related={"labels": {"name": "!Kiel"}})
    assert not matches(LONELY, related={"role": ["from"]})


@pytest.mark.parametrize(
    ("occurred", "holds"),
    [
        ({"since": "2026-11-21T11:17:02Z"}, True),
        ({"until": "2026-11-21T11:17:02Z"}, True),
        ({"since": "2026-11-21T11:17:02.000001Z"}, False),
        ({"until": "2026-11-21T11:17:01.999999Z"}, False),
        ({"since": "2026-11-21T13:17:02+02:00"}, True),
        ({}, True),
    ],
)
def test_both_ends_of_a_time_belong_to_it(occurred: dict[str, str], holds: bool) -> None:
    assert matches(occurred=occurred) == holds


def test_an_id_in_any_case() -> None:
    assert matches(id={"id": [EVENT.id.upper()]})
    assert matches(id={"id": []})
    assert not matches(LONELY, id={"id": [EVENT.id]})


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("AURORA", True),
        ("køge", True),
        ("kiel", True),
        ("12.5", True),
        ("sailed", True),
        ("-aboard", False),
        ("x", False),
    ],
)
def test_a_text_is_looked_for_in_name_labels_and_payload(query: str, holds: bool) -> None:
    assert matches(text={"query": query}) == holds


def test_filters_are_equal_if_they_ask_the_same() -> None:
    one, other = (
        Matcher(EventFilter.model_validate({"event": {"name": ["x"]}, "order": order})) for order in ("ASC", "DESC")
    )
    assert one == other
    assert hash(one) == hash(other)
    assert one != Matcher(EventFilter())


globs = st.text(alphabet="ab*?", max_size=6)
values = st.text(alphabet="ab", max_size=6)


def naive(glob: str, value: str) -> bool:
    """By the definition: `*` is any text, `?` any character."""
    if not glob:
        return not value
    if glob[0] == "*":
        return any(naive(glob[1:], value[at:]) for at in range(len(value) + 1))
    return bool(value) and glob[0] in ("?", value[0]) and naive(glob[1:], value[1:])


@given(globs, values)
def test_a_glob_means_what_its_definition_says(glob: str, value: str) -> None:
    event = published(resource={"prefect.resource.id": "x", "label": value})
    assert matches(event, resource={"labels": {"label": glob}}) == naive(glob, value)
    assert matches(event, resource={"labels": {"label": f"!{glob}"}}) != naive(glob, value)


@pytest.mark.timeout(5)
def test_no_glob_makes_a_value_expensive() -> None:
    event = published(resource={"prefect.resource.id": "x", "label": "a" * 5_000})
    assert not matches(event, resource={"labels": {"label": "*a" * 50 + "*b"}})
