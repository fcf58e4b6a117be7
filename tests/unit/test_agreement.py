"""What counts as the same at both ends of an export, and what Prefect could not give back."""

from typing import Any

import pytest

from service.moving.agreement import (
    CREATED_MARK,
    ID_MARK,
    There,
    Verdict,
    digest_of,
    digest_of_event,
    loaded,
    unstorable,
    unstorable_event,
    verdict,
    verdict_on_event,
)
from service.moving.held import Held
from tests.unit.publishing import published, shown


def held(**fields: Any) -> Held:
    plain = {"id": "a", "key": "key", "type": "markdown", "description": "null", "data": '"# text"', "metadata": "null"}
    runs = {"flow_run_id": None, "task_run_id": None}
    return Held(**{**plain, **runs, "created": 1, "updated": 2, **fields})


def there(of: Held, **fields: Any) -> There:
    as_it_is = {"own_id": of.id, "digest": digest_of(of), "created": of.created, "updated": of.updated}
    return There(**{**as_it_is, "latest_id": of.latest_id, **fields})


@pytest.mark.parametrize(
    ("here", "as_prefect_has_it"),
    [
        ("1.0", "1"),
        ("-0.0", "0"),
        ("1180591620717411303424", "1.1805916207174113e+21"),
        ('{"a": 1.50, "b": [1e3]}', '{"b":[1000],"a":1.5}'),
        ('"\\u0041"', '"A"'),
        ('{"a":1,"a":2}', '{"a":2}'),
    ],
)
def test_the_same_contents_in_other_words_are_the_same(here: str, as_prefect_has_it: str) -> None:
    assert digest_of(held(data=here)) == digest_of(held(data=as_prefect_has_it))


@pytest.mark.parametrize(
    ("here", "other"), [("1", "true"), ("0", "false"), ("null", '""'), ("[]", "{}"), ("1", '"1"'), ("[1,2]", "[2,1]")]
)
def test_other_contents_are_others(here: str, other: str) -> None:
    assert digest_of(held(data=here)) != digest_of(held(data=other))


def test_marks_are_no_contents() -> None:
    marked = f'{{"rows":"1","{ID_MARK}":"a","{CREATED_MARK}":"2026"}}'
    assert digest_of(held(metadata=marked)) == digest_of(held(metadata='{"rows":"1"}'))
    assert digest_of(held(metadata=f'{{"{ID_MARK}":"a"}}')) == digest_of(held())


@pytest.mark.parametrize("field", ["key", "type", "flow_run_id", "task_run_id"])
def test_every_field_counts(field: str) -> None:
    assert digest_of(held(**{field: "another"})) != digest_of(held())


def test_what_is_not_there_is_new() -> None:
    assert verdict(held(), None, keeps=True) is Verdict.NEW


@pytest.mark.parametrize("fields", [{"updated": 3}, {"created": 3}, {"own_id": "b"}])
def test_times_and_ids_count_where_they_are_kept(fields: dict[str, Any]) -> None:
    other = there(held(), **fields)
    assert verdict(held(), other, keeps=True) is Verdict.CHANGED
    assert verdict(held(), other, keeps=False) is Verdict.SAME


def test_a_collection_of_another_latest_artifact_is_another() -> None:
    here = held(latest_id="one")
    assert verdict(here, there(here), keeps=False) is Verdict.SAME
    assert verdict(here, there(here, latest_id="other"), keeps=False) is Verdict.CHANGED


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"data": nested(256)}, "nests deeper than 255"),
        ({"data": '"\\ud800"'}, "half of a surrogate pair"),
        ({"description": '"\\udfff"'}, "half of a surrogate pair"),
        ({"data": "9" * 400}, "beyond what a double can be"),
        ({"description": '"a\\u0000"'}, "has a NUL"),
        ({"type": "a\0"}, "has a NUL"),
    ],
)
def test_what_prefect_would_not_give_back_is_known_beforehand(fields: dict[str, str], reason: str) -> None:
    assert reason in (unstorable(held(**fields), takes_nul=False) or "")


@pytest.mark.parametrize(
    "fields",
    [
        {"data": nested(255)},
        {"data": '"\\ud83d\\ude00"'},
        {"data": '"\\u0000"'},
        {"data": f'{{"a":{"9" * 400}}}'},
        {"description": '"a \\\\u0000 is written so"'},
        {"description": '"' + nested(300) + '"'},
    ],
)
def test_what_prefect_gives_back_is_not_left_out(fields: dict[str, str]) -> None:
    assert unstorable(held(**fields), takes_nul=False) is None


def test_a_nul_is_nothing_to_a_database_that_takes_it() -> None:
    assert unstorable(held(type="a\0", description='"\\u0000"'), takes_nul=True) is None
    assert unstorable_event('{"payload":"\\u0000"}', takes_nul=True) is None
    assert unstorable_event('{"payload":"\\u0000"}', takes_nul=False) is not None


def test_a_whole_event_nests_less_deep_than_data() -> None:
    assert unstorable_event(f'{{"payload":{{"data":{nested(198)}}}}}', takes_nul=True) is None
    assert unstorable_event(f'{{"payload":{{"data":{nested(199)}}}}}', takes_nul=True) is not None


def test_an_event_of_another_payload_is_another() -> None:
    one, other = (published(kind="ship.sailed", bodies={1: shown(f'{{"rows":{rows}}}')}) for rows in ("1.0", "2"))
    assert verdict_on_event(one, None) is Verdict.NEW
    told = digest_of_event({**loaded(one.json), "occurred": one.occurred})
    assert verdict_on_event(one, told) is Verdict.SAME
    assert verdict_on_event(other, told) is Verdict.CHANGED
