"""What is sent as data comes back as it was sent; what cannot come back is refused before anything is recorded."""

import json
import math
import re
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.parts import Parts
from tests.contract.calls import changed, created, detail, listed, post_text, read

Json = Any

DEPTH_MAX = 200
HALF_A_PAIR = "Half of a surrogate pair, which no UTF-8 can carry"
ID = re.compile(r'"id":"([0-9a-f-]{36})"')


async def returned_text(api: httpx2.AsyncClient, data: str, prefix: str = "") -> list[str]:
    """How data, sent as this text, is answered: by the create, the read, the listing, and after an update."""
    answer = await post_text(api, f'{prefix}{{"key":"kept","data":{data}}}')
    assert answer.status_code == 201, answer.text
    artifact_id = ID.search(answer.text)[1]  # type: ignore[index]
    answers = [answer, await api.get(f"/artifacts/{artifact_id}"), await api.get("/artifacts/kept/latest")]
    body = f'{prefix}{{"data":{data}}}'
    updated = await api.patch(f"/artifacts/{artifact_id}", content=body, headers={"content-type": "application/json"})
    assert updated.status_code == 204, updated.text
    answers.append(await api.get(f"/artifacts/{artifact_id}"))
    answers.append(await post_text(api, '{"limit":1}', "/artifacts/latest/filter"))
    return [each.text.split('"data":', 1)[1].rsplit(',"metadata_":', 1)[0] for each in answers]


async def head(parts: Parts) -> int:
    return (await parts.store.head("default")).position


# Numbers


async def test_a_number_comes_back_to_the_letter(api: httpx2.AsyncClient) -> None:
    for number in ("1.0", "0.0", "-0.0", "-0", "1e5", "1E-7", "0.1", "2.50", "1e308", "5e-324", "1e-400"):
        assert set(await returned_text(api, number)) == {number}
        assert set(await returned_text(api, f'{{"a":[{number}]}}')) == {f'{{"a":[{number}]}}'}


async def test_integers_of_any_size_come_back_exactly(api: httpx2.AsyncClient) -> None:
    for number in (str(2**53 + 1), str(2**70), str(-(2**64)), "7" * 400, "7" * 5000, "-" + "7" * 5000):
        assert set(await returned_text(api, number)) == {number}
        assert set(await returned_text(api, f"[{number}]")) == {f"[{number}]"}


INFINITE = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e309",
    "1.8e308",
    "123E+0400",
    f"1{'0' * 250}e99",
    "9" * 310 + ".0",
]


@pytest.mark.parametrize("number", INFINITE, ids=lambda number: number[:20])
async def test_what_json_has_no_number_for_comes_back_as_null(api: httpx2.AsyncClient, number: str) -> None:
    assert set(await returned_text(api, number)) == {"null"}
    nested = await returned_text(api, f'{{"a":[1.0,{number},{{"b":{number}}}],"NaN":"Infinity 1e999"}}')
    assert set(nested) == {'{"a":[1.0,null,{"b":null}],"NaN":"Infinity 1e999"}'}


# Text


@pytest.mark.parametrize(
    "text", ["", "\0", "a\0b\0", "\x10", "\x100", "\x7f", "\u2028", "Ünï©ødé", "\U0001f4c8", "\ufeff"]
)
async def test_every_character_is_kept_in_every_field(api: httpx2.AsyncClient, text: str) -> None:
    fields = {"type": text, "description": text, "data": {text: text}, "metadata_": {text: text}}
    artifact = await created(api, key="text", **fields)
    assert {name: artifact[name] for name in fields} == fields
    assert await read(api, artifact["id"]) == artifact
    assert await listed(api) == [artifact]
    later = await changed(api, artifact, description=f"{text}!", metadata_={"a": text})
    assert (later["type"], later["description"], later["metadata_"]) == (text, f"{text}!", {"a": text})


@pytest.mark.parametrize(
    ("sent", "meant"), [(r'"\ud83d\udcc8"', "\U0001f4c8"), (r'"\u0000"', "\0"), (r'"\/\b\f\n\r\t\""', '/\b\f\n\r\t"')]
)
async def test_escapes_mean_what_they_say(api: httpx2.AsyncClient, sent: str, meant: str) -> None:
    for text in await returned_text(api, sent):
        assert json.loads(text) == meant


async def test_of_equal_object_keys_the_last_wins(api: httpx2.AsyncClient) -> None:
    artifact = (await post_text(api, '{"data":{"a":1,"b":2,"a":3}}')).json()
    assert artifact["data"] == (await read(api, artifact["id"]))["data"] == {"a": 3, "b": 2}
    assert (await post_text(api, '{"key":"first","key":"last","data":1,"data":2}')).json()["data"] == 2


async def test_object_keys_keep_their_order(api: httpx2.AsyncClient) -> None:
    assert list((await created(api, data={"b": 1, "a": 2, "": 3}))["data"]) == ["b", "a", ""]


@pytest.mark.parametrize("data", ["[1 , 2]", '{ "a" : null }', "\t[\n]", ' "  a  " '])
async def test_whitespace_means_nothing(api: httpx2.AsyncClient, data: str) -> None:
    for text in await returned_text(api, data):
        assert json.loads(text) == json.loads(data)


@pytest.mark.parametrize("data", ["1.0", "NaN", '["\u00fc"]'])
async def test_behind_a_byte_order_mark_nothing_changes(api: httpx2.AsyncClient, data: str) -> None:
    assert set(await returned_text(api, data, prefix="\ufeff")) == {data.replace("NaN", "null")}


async def test_a_large_text_comes_back_whole(api: httpx2.AsyncClient) -> None:
    data = 'Ünï\\"\n' * 500_000
    artifact = await created(api, data=data)
    assert artifact["data"] == data
    assert (await read(api, artifact["id"]))["data"] == data


async def test_a_large_text_is_kept_beside_what_must_be_nulled(api: httpx2.AsyncClient) -> None:
    data = 'x\\"' * 1_000_000
    assert json.loads((await returned_text(api, json.dumps([data, math.nan])))[1]) == [data, None]


# Everything


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=JSON_VALUES, ascii=st.booleans())
async def test_any_json_comes_back_equal(api: httpx2.AsyncClient, data: Json, ascii: bool) -> None:
    answer = await post_text(api, json.dumps({"data": data}, ensure_ascii=ascii))
    assert answer.status_code == 201
    for each in (answer, await api.get(f"/artifacts/{answer.json()['id']}")):
        assert repr(each.json()["data"]) == repr(data)  # repr tells 1 from 1.0 and from true


# What is refused


HALF_PAIRS = {
    r'{"data":"\ud800"}': 9,
    r'{"data":"\udc00\ud800"}': 9,
    r'{"data":{"\uDFFF":1}}': 10,
    r'{"data":["\\ud800\ud83d\udcc8",NaN,"\ud83d "]}': 36,
    r'{"key":"keyed","data":["\ud800"]}': 24,
    r'{"description":"\ud800"}': 16,
    r'{"type":"\ud800"}': 9,
    r'{"key":"\ud800"}': 8,
    r'{"metadata_":{"a":"\ud800"}}': 19,
    r'{"metadata_":{"\ud800":"a"}}': 15,
}


async def test_half_a_surrogate_pair_is_refused(parts: Parts, api: httpx2.AsyncClient) -> None:
    for body, offset in HALF_PAIRS.items():
        wrong = detail(await post_text(api, body))
        assert (wrong["loc"], wrong["ctx"]) == (["body", offset], {"error": HALF_A_PAIR})
    assert await head(parts) == 0


async def test_half_a_surrogate_pair_refuses_a_whole_batch(parts: Parts, api: httpx2.AsyncClient) -> None:
    response = await post_text(api, r'{"artifacts":[{"data":1},{"data":"\ud800"}]}', "/artifacts/batch")
    assert detail(response)["ctx"] == {"error": HALF_A_PAIR}
    assert await head(parts) == 0


@pytest.mark.parametrize("criterion", [r'"any_":["\ud800"]', r'"like_":"\ud800"', r'"\ud800":1'])
async def test_half_a_surrogate_pair_is_not_looked_for(api: httpx2.AsyncClient, criterion: str) -> None:
    response = await post_text(api, f'{{"artifacts":{{"key":{{{criterion}}}}}}}', "/artifacts/filter")
    assert detail(response)["ctx"] == {"error": HALF_A_PAIR}


async def test_a_backslash_before_what_looks_like_half_a_pair_is_a_backslash(api: httpx2.AsyncClient) -> None:
    for text in await returned_text(api, r'["\\ud800", NaN]'):
        assert json.loads(text) == [r"\ud800", None]


@pytest.mark.parametrize("field", ["data", "description", "metadata_"])
async def test_half_a_surrogate_pair_changes_nothing(api: httpx2.AsyncClient, field: str) -> None:
    artifact = await created(api, data="whole")
    value = r'{"a":"\ud800"}' if field == "metadata_" else r'"\ud800"'
    response = await api.patch(f"/artifacts/{artifact['id']}", content=f'{{"{field}":{value}}}')
    assert response.status_code == 422
    assert await listed(api) == [artifact]


NESTED = [("[", "1", "]"), ('{"a":', "{}", "}"), ("[[],", "[]", "]"), ('["[{\\"",', "1", ',"]"]')]
"""What nests: an opening, the innermost, a closing. Brackets in strings do not count."""


@pytest.mark.parametrize(("opening", "innermost", "closing"), NESTED)
async def test_data_nests_as_deep_as_the_limit(
    parts: Parts, api: httpx2.AsyncClient, opening: str, innermost: str, closing: str
) -> None:
    limit = parts.settings.max_json_depth
    levels = limit - (innermost != "1")
    deep = opening * levels + innermost + closing * levels
    assert set(await returned_text(api, deep)) == {deep}
    recorded = await head(parts)
    wrong = detail(await post_text(api, f'{{"data":[{deep}]}}'))
    assert wrong["msg"] == f"Value error, Arrays and objects may nest at most {limit} deep."
    assert await head(parts) == recorded


@pytest.mark.parametrize("depth", [DEPTH_MAX + 1, 256, 500, 900, 1_000, 5_000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
async def test_a_nesting_bomb_is_refused_on_every_route(
    parts: Parts, api: httpx2.AsyncClient, depth: int, opening: str, closing: str
) -> None:
    artifact = await created(api, data="before")
    bomb = opening * depth + "1" + closing * depth
    writes = [
        await post_text(api, f'{{"data":{bomb}}}'),
        await post_text(api, f'{{"key":"bomb","data":{bomb}}}'),
        await post_text(api, f'{{"key":{bomb}}}'),
        await post_text(api, bomb),
        await api.patch(f"/artifacts/{artifact['id']}", content=f'{{"data":{bomb}}}'),
    ]
    assert {each.status_code for each in writes} <= {400, 422}
    batch = await post_text(api, f'{{"artifacts":[{{"data":{bomb}}}]}}', "/artifacts/batch")
    assert batch.status_code == 400 or [each["status"] for each in batch.json()] == [422]
    filters = await post_text(api, f'{{"artifacts":{{"key":{bomb}}}}}', "/artifacts/filter")
    assert filters.status_code in (400, 422)
    assert await head(parts) == 1
    assert await listed(api) == [artifact]


@pytest.mark.parametrize("depth", [5_000, 200_000])
async def test_brackets_that_are_never_closed_are_refused(parts: Parts, api: httpx2.AsyncClient, depth: int) -> None:
    assert (await post_text(api, '{"data":' + "[" * depth)).status_code in (400, 422)
    assert await head(parts) == 0


NOT_JSON = ["01", "1.", ".5", "+1", "1e", "0x1", "--1", "-", "1 2", "\xa01", "nan", "Inf", "-NaN", "tru", "undefined"]
NOT_JSON += ["[1,]", "[", "{,}", "{1:2}", "'a'", '"a', '"\\q"', '"\\u12"', '"\x01"', '"a\nb"', "/**/1"]


async def test_what_is_no_json_is_refused(parts: Parts, api: httpx2.AsyncClient) -> None:
    for data in NOT_JSON:
        assert detail(await post_text(api, f'{{"data":{data}}}'))["type"] == "json_invalid"
    assert await head(parts) == 0


BITS = ["[", "]", "{", "}", ",", ":", " ", '"', "\\", "\\u", "d800", "dc00", "00", "-", "1", ".5", "e9", "99", "null"]
BITS += ["tru", "true", "NaN", "Infinity", "\n", "\0", "\ud7ff", "\x7f", '"a"', '"a":', "\\n", "\\ud83d\\udcc8"]


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bits=st.lists(st.sampled_from(BITS), max_size=12))
async def test_whatever_is_taken_can_be_read(api: httpx2.AsyncClient, bits: list[str]) -> None:
    answer = await post_text(api, f'{{"data":{"".join(bits)}}}'.encode())
    assert answer.status_code in (201, 400, 422)
    if answer.status_code == 201:
        for each in (answer, await api.get(f"/artifacts/{answer.json()['id']}")):
            json.loads(each.text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    json.loads(answer.text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
