"""The conventions that every route keeps: bodies, errors, headers, timestamps, ids, pages."""

import re
from typing import Any
from uuid import UUID

import httpx2
import pytest

from service.parts import Parts
from tests.contract.calls import FLOW_RUN, JSON, NOBODY, answered, count, created, detail, listed, post_text, read

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
WITH_BODY = ("/artifacts/", "/artifacts/batch", "/artifacts/filter", "/artifacts/latest/count")
WORKSPACE = "/accounts/an-account/workspaces/a-workspace"


# What an answer looks like


async def test_answers_are_compact_json_in_plain_utf8(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/", json={"description": "Fähre"})
    assert response.headers["content-type"] == "application/json"
    assert '"type":null,"description":"Fähre","data":null' in response.text


async def test_a_204_has_no_body(api: httpx2.AsyncClient) -> None:
    artifact = await created(api)
    response = await api.patch(f"/artifacts/{artifact['id']}", json={})
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


async def _artifact_of_length(api: httpx2.AsyncClient, length: int) -> str:
    """The id of an artifact whose answer has so many bytes."""
    empty = await created(api, data="")
    missing = length - len((await answered(api, "GET", f"/artifacts/{empty['id']}")).content)
    return (await created(api, data="x" * missing))["id"]


@pytest.mark.parametrize(("length", "encoding"), [(499, None), (500, "gzip")])
async def test_answers_from_500_bytes_on_are_gzipped(api: httpx2.AsyncClient, length: int, encoding: str) -> None:
    artifact_id = await _artifact_of_length(api, length)
    response = await api.get(f"/artifacts/{artifact_id}", headers={"accept-encoding": "gzip"})
    assert len(response.content) == length
    assert response.headers.get("content-encoding") == encoding
    assert ("Accept-Encoding" in response.headers.get("vary", "")) == (encoding is not None)


async def test_who_does_not_ask_for_gzip_gets_none(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, data="x" * 1000)
    response = await api.get(f"/artifacts/{artifact['id']}", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in response.headers


async def test_errors_are_gzipped_too(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/", json={"key": "UPPER" * 200}, headers={"accept-encoding": "gzip"})
    assert (response.status_code, response.headers["content-encoding"]) == (422, "gzip")


async def test_timestamps_are_utc_with_microseconds(api: httpx2.AsyncClient) -> None:
    artifact = await created(api)
    assert TIMESTAMP.fullmatch(artifact["created"])
    assert TIMESTAMP.fullmatch(artifact["updated"])


async def test_a_timestamp_drops_its_fraction_when_that_is_zero(parts: Parts, api: httpx2.AsyncClient) -> None:
    parts.store.clock = lambda: 1_700_000_000_000_000
    assert (await created(api))["created"] == "2023-11-14T22:13:20Z"


# What a body may look like


async def test_a_validation_error_names_place_and_reason_and_repeats_the_body(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/", json={"key": "A", "data": 1})
    assert response.status_code == 422
    assert response.json() == {
        "exception_message": "Invalid request received.",
        "exception_detail": [
            {
                "type": "value_error",
                "loc": ["body", "key"],
                "msg": "Value error, Artifact key must only contain lowercase letters, numbers, and dashes.",
                "input": "A",
                "ctx": {"error": {}},
            }
        ],
        "request_body": {"key": "A", "data": 1},
    }


async def test_each_thing_that_is_wrong_is_named(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/", json={"type": 1, "flow_run_id": "x", "nope": 0})
    named = {(each["type"], each["loc"][-1]) for each in response.json()["exception_detail"]}
    assert named == {("string_type", "type"), ("uuid_parsing", "flow_run_id"), ("extra_forbidden", "nope")}


async def test_text_that_is_not_json_is_refused_with_the_offset(api: httpx2.AsyncClient) -> None:
    for path in WITH_BODY:
        response = await post_text(api, '{"key":', path)
        assert detail(response) == {
            "type": "json_invalid",
            "loc": ["body", 7],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": "Expecting value"},
        }
        assert response.json()["request_body"] == '{"key":'


async def test_bytes_that_are_not_utf8_are_refused(api: httpx2.AsyncClient) -> None:
    for path in WITH_BODY:
        response = await post_text(api, b'{"key":"\xff"}', path)
        assert (response.status_code, response.json()) == (400, {"detail": "There was an error parsing the body"})


@pytest.mark.parametrize("body", ["", "null"])
async def test_a_body_that_is_needed_must_be_there(api: httpx2.AsyncClient, body: str) -> None:
    for method, path in (("POST", "/artifacts/"), ("POST", "/artifacts/batch"), ("PATCH", f"/artifacts/{NOBODY}")):
        response = await api.request(method, path, content=body, headers=JSON)
        assert detail(response) == {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
        assert response.json()["request_body"] is None


@pytest.mark.parametrize("body", ["[]", "1", '"text"', "true"])
async def test_a_body_must_be_an_object(api: httpx2.AsyncClient, body: str) -> None:
    for path in WITH_BODY:
        wrong = detail(await post_text(api, body, path))
        assert (wrong["type"], wrong["loc"]) == ("model_attributes_type", ["body"])


@pytest.mark.parametrize("body", ["", "null", "{}"])
async def test_a_listing_needs_no_body(api: httpx2.AsyncClient, body: str) -> None:
    artifact = await created(api)
    response = await post_text(api, body, "/artifacts/filter")
    assert response.json() == [artifact]


async def test_a_body_without_content_type_is_taken_as_json(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/", content='{"key":"from-an-old-client"}')
    assert "content-type" not in response.request.headers
    assert response.status_code == 201


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"]
)
async def test_every_kind_of_json_is_taken(api: httpx2.AsyncClient, kind: str) -> None:
    response = await api.post("/artifacts/", content="{}", headers={"content-type": kind})
    assert response.status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
async def test_what_says_that_it_is_not_json_is_refused(api: httpx2.AsyncClient, kind: str) -> None:
    for path in WITH_BODY:
        response = await api.post(path, content='{"key":"a"}', headers={"content-type": kind})
        assert detail(response)["type"] == "model_attributes_type"
        assert response.json()["request_body"] == '{"key":"a"}'


async def test_a_byte_order_mark_is_passed_over(api: httpx2.AsyncClient) -> None:
    response = await post_text(api, b'\xef\xbb\xbf{"key":"marked"}')
    assert response.json()["key"] == "marked"


async def test_null_stands_for_the_default_of_a_body_parameter(api: httpx2.AsyncClient) -> None:
    artifact = await created(api)
    nulls = dict.fromkeys(("sort", "limit", "offset", "artifacts", "flow_runs", "task_runs", "flows", "deployments"))
    assert await listed(api, **nulls) == [artifact]


UNKNOWN_KEYS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("/artifacts/", {"id": NOBODY}, ["id"]),
    ("/artifacts/", {"created": "2026-01-01T00:00:00Z"}, ["created"]),
    ("/artifacts/filter", {"artifacts": {"nope": 1}}, ["artifacts", "nope"]),
    ("/artifacts/filter", {"artifacts": {"key": {"nope": 1}}}, ["artifacts", "key", "nope"]),
    ("/artifacts/filter", {"flow_runs": {"state": {"type": {"nope": 1}}}}, ["flow_runs", "state", "type", "nope"]),
    ("/artifacts/count", {"deployments": {"tags": {"nope": 1}}}, ["deployments", "tags", "nope"]),
]


async def test_unknown_keys_are_refused_at_every_depth(api: httpx2.AsyncClient) -> None:
    for path, body, place in UNKNOWN_KEYS:
        wrong = detail(await api.post(path, json=body))
        assert (wrong["type"], wrong["loc"]) == ("extra_forbidden", ["body", *place])


async def test_unknown_keys_beside_the_filters_are_passed_over(api: httpx2.AsyncClient) -> None:
    artifact = await created(api)
    assert await listed(api, nope=1) == [artifact]


# Routes


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_what_is_no_route_is_not_found(api: httpx2.AsyncClient, method: str) -> None:
    for path in ("/nope", "/artifacts/not-a-uuid", "/artifacts/123", f"/artifacts/{NOBODY}/nope"):
        response = await api.request(method, path)
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/artifacts/", "POST"),
        ("GET", "/artifacts/filter", "POST"),
        ("POST", f"/artifacts/{NOBODY}", "DELETE, GET, PATCH"),
        ("PATCH", "/keys", "GET, POST"),
        ("POST", "/health", "GET"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    api: httpx2.AsyncClient, method: str, path: str, allowed: str
) -> None:
    response = await api.request(method, path)
    assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("root", ["", WORKSPACE])
async def test_a_missing_slash_is_redirected_with_method_and_body(api: httpx2.AsyncClient, root: str) -> None:
    response = await api.post(f"{root}/artifacts", json={"key": "redirected"})
    assert (response.status_code, response.headers["location"]) == (307, f"http://digsite/api{root}/artifacts/")
    followed = await api.post(f"{root}/artifacts", json={"key": "redirected"}, follow_redirects=True)
    assert (followed.status_code, followed.json()["key"]) == (201, "redirected")


async def test_a_client_of_an_older_api_is_refused(api: httpx2.AsyncClient) -> None:
    for version in ("0.7.9", "0.7.99", "x", "1", "", "0.8.0.1", "-1.0.0", "0.8.0 "):
        response = await api.get("/health", headers={"X-PREFECT-API-VERSION": version})
        asked = f"The request specified API version {version} but this server requires version 0.8.0 or higher."
        assert (response.status_code, response.json()) == (400, {"detail": asked})


async def test_a_client_of_this_api_or_a_newer_one_is_served(api: httpx2.AsyncClient) -> None:
    for version in ("0.8.0", "0.8.4", "0.10.0", "1.0.0"):
        response = await api.get("/health", headers={"X-PREFECT-API-VERSION": version})
        assert (response.status_code, response.json()) == (200, True)


async def test_a_page_of_another_origin_may_ask_what_it_may_send(api: httpx2.AsyncClient) -> None:
    asked = {
        "origin": "http://a.page",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "x-prefect-api-version,content-type",
    }
    response = await api.options("/artifacts/", headers=asked)
    assert (response.status_code, response.text) == (200, "OK")
    allowed = {name.removeprefix("access-control-"): value for name, value in response.headers.items()}
    assert allowed["allow-origin"] == "*"
    assert allowed["allow-methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    assert allowed["allow-headers"] == "x-prefect-api-version,content-type"
    assert allowed["max-age"] == "600"


@pytest.mark.parametrize("path", ["/health", "/nope"])
async def test_a_page_of_another_origin_may_read_answers_and_errors(api: httpx2.AsyncClient, path: str) -> None:
    response = await api.get(path, headers={"origin": "http://a.page"})
    assert response.headers["access-control-allow-origin"] == "*"
    assert "X-Digsite-Position" in response.headers["access-control-expose-headers"]


# Ids and moments


@pytest.mark.parametrize("form", [str, lambda id: str(id).upper(), lambda id: id.hex, lambda id: id.urn])
async def test_every_form_of_a_uuid_is_taken_and_the_canonical_one_answered(api: httpx2.AsyncClient, form: Any) -> None:
    run = UUID("0199D5C4-1C2E-7A31-B0D2-6A7F4E1C9A55")
    artifact = await created(api, flow_run_id=form(run))
    assert artifact["flow_run_id"] == str(run)
    assert await listed(api, artifacts={"flow_run_id": {"any_": [form(run)]}}) == [artifact]
    assert await listed(api, flow_runs={"id": {"any_": [form(run)]}}) == [artifact]


@pytest.mark.parametrize("form", [lambda id: str(id).upper(), lambda id: id.hex])
async def test_a_path_may_have_other_forms_of_a_uuid(api: httpx2.AsyncClient, form: Any) -> None:
    artifact = await created(api)
    assert await read(api, form(UUID(artifact["id"]))) == artifact


async def test_what_is_no_uuid_is_refused(api: httpx2.AsyncClient) -> None:
    for value in (1, True, "", "0199d5c4", f"{FLOW_RUN}0", [FLOW_RUN]):
        wrong = detail(await api.post("/artifacts/", json={"flow_run_id": value}))
        assert wrong["loc"] == ["body", "flow_run_id"]
        assert wrong["type"] in ("uuid_type", "uuid_parsing")


async def test_moments_are_understood_in_every_form(api: httpx2.AsyncClient) -> None:
    for moment in ("2026-01-01T10:00:00+02:00", "2026-01-01T10:00:00", 1767225600, 1767225600.5):
        response = await api.post("/artifacts/filter", json={"flow_runs": {"start_time": {"before_": moment}}})
        assert (response.status_code, response.json()) == (200, [])


async def test_what_is_no_moment_is_refused(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/filter", json={"flow_runs": {"start_time": {"before_": "yesterday"}}})
    assert detail(response)["type"] == "datetime_from_date_parsing"


# Pages


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (201, "must be less than or equal to 200."),
        (2**70, "must be less than or equal to 200."),
        (-1, "must be greater than or equal to 0."),
    ],
)
async def test_a_limit_out_of_range_is_refused(api: httpx2.AsyncClient, limit: int, reason: str) -> None:
    for path in ("/artifacts/filter", "/artifacts/latest/filter"):
        response = await api.post(path, json={"limit": limit})
        assert (response.status_code, response.json()) == (422, {"detail": f"Invalid limit: {reason}"})


async def test_a_limit_is_the_most_that_comes(api: httpx2.AsyncClient) -> None:
    for _ in range(3):
        await created(api)
    for limit, length in ((0, 0), (2, 2), ("2", 2), (2.0, 2), (True, 1), (None, 3), (200, 3)):
        assert len(await listed(api, limit=limit)) == length


@pytest.mark.parametrize(("limit", "kind"), [(2.5, "int_from_float"), ("two", "int_parsing"), ([], "int_type")])
async def test_a_limit_that_is_no_whole_number_is_refused(api: httpx2.AsyncClient, limit: Any, kind: str) -> None:
    assert detail(await api.post("/artifacts/filter", json={"limit": limit}))["type"] == kind


async def test_a_count_has_no_limit(api: httpx2.AsyncClient) -> None:
    await created(api)
    assert await count(api, limit=9999, offset=5) == 1


async def test_an_offset_passes_over_what_comes_first(api: httpx2.AsyncClient) -> None:
    artifacts = [await created(api) for _ in range(3)]
    assert await listed(api, offset=1) == [artifacts[1], artifacts[0]]
    assert await listed(api, offset=2**63 - 1) == []


@pytest.mark.parametrize(("offset", "kind"), [(-1, "greater_than_equal"), (2**63, "less_than"), (10**400, "less_than")])
async def test_an_offset_out_of_range_is_refused(api: httpx2.AsyncClient, offset: int, kind: str) -> None:
    wrong = detail(await api.post("/artifacts/filter", json={"offset": offset}))
    assert (wrong["type"], wrong["loc"]) == (kind, ["body", "offset"])
