"""Bad input: a clear error, and nothing recorded. For what is no JSON at all, see `contract/test_data_fidelity.py`."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from service.parts import Parts
from tests.contract.calls import JSON, NOBODY, count, created, detail, listed, read
from tests.servers import LiveServer

LIMIT_BYTES = 1_000
ANSWER_TIMEOUT_S = 30


async def head(parts: Parts) -> int:
    return (await parts.store.head("default")).position


# Keys and types

NOT_KEYS = ["A", "a b", "a_b", "a.b", "a/b", "ä", "\u0663", "a\n", "\n", "a\0", " ", "a\u200b", "-\u2013", "\U0001f4c8"]


async def test_a_key_outside_the_pattern_is_refused(parts: Parts, api: httpx2.AsyncClient) -> None:
    for key in NOT_KEYS:
        wrong = detail(await api.post("/artifacts/", json={"key": key}))
        assert (wrong["loc"], wrong["input"]) == (["body", "key"], key)
        assert wrong["msg"] == "Value error, Artifact key must only contain lowercase letters, numbers, and dashes."
    assert await head(parts) == 0


@pytest.mark.parametrize(("field", "character"), [("key", "k"), ("type", "Ж")])
async def test_a_key_or_type_has_a_longest_length(
    parts: Parts, api: httpx2.AsyncClient, field: str, character: str
) -> None:
    longest = character * parts.settings.max_key_length
    artifact = await created(api, **{field: longest})
    assert artifact[field] == longest
    recorded = await head(parts)
    wrong = detail(await api.post("/artifacts/", json={field: longest + character}))
    assert wrong["loc"] == ["body", field]
    assert (
        wrong["msg"] == f"Value error, Artifact {field} must have at most {parts.settings.max_key_length} characters."
    )
    assert await head(parts) == recorded


async def test_every_database_takes_the_longest_key_that_can_be_set(parts: Parts, api: httpx2.AsyncClient) -> None:
    parts.settings.max_key_length = 2048
    key = "".join(f"{number * 7919 % 1_000_003:x}-" for number in range(1000))[:2048]
    artifact = await created(api, key=key, type=key)
    assert (await api.get(f"/artifacts/{key}/latest")).status_code == 200
    assert await listed(api, artifacts={"key": {"any_": [key]}}) == [artifact]


# Types

WRONG_TYPES: list[tuple[str, Any, str]] = [
    ("key", 1, "string_type"),
    ("key", ["a"], "string_type"),
    ("type", True, "string_type"),
    ("type", {}, "string_type"),
    ("description", 0.5, "string_type"),
    ("description", [], "string_type"),
    ("metadata_", "text", "dict_type"),
    ("metadata_", [["a", "b"]], "dict_type"),
    ("flow_run_id", 5, "uuid_type"),
    ("flow_run_id", "not-a-uuid", "uuid_parsing"),
    ("task_run_id", {}, "uuid_type"),
    ("task_run_id", "\0", "uuid_parsing"),
]


async def test_a_field_of_a_wrong_type_is_refused(parts: Parts, api: httpx2.AsyncClient) -> None:
    for field, value, kind in WRONG_TYPES:
        wrong = detail(await api.post("/artifacts/", json={field: value, "data": 1}))
        assert (wrong["type"], wrong["loc"], wrong["input"]) == (kind, ["body", field], value)
    assert await head(parts) == 0


async def test_an_update_of_a_wrong_type_is_refused(parts: Parts, api: httpx2.AsyncClient) -> None:
    artifact = await created(api)
    for field, value, kind in WRONG_TYPES:
        if field in ("description", "metadata_"):
            response = await api.patch(f"/artifacts/{artifact['id']}", json={field: value})
            assert (detail(response)["type"], detail(response)["loc"]) == (kind, ["body", field])
    assert await read(api, artifact["id"]) == artifact
    assert await head(parts) == 1


async def test_what_is_wrong_beside_what_is_right_refuses_all(parts: Parts, api: httpx2.AsyncClient) -> None:
    artifact = await created(api, data="before", description="before")
    response = await api.patch(f"/artifacts/{artifact['id']}", json={"data": "after", "description": 1})
    assert detail(response)["loc"] == ["body", "description"]
    assert await listed(api) == [artifact]
    assert await head(parts) == 1


async def test_huge_numbers_where_small_ones_belong_are_refused(parts: Parts, api: httpx2.AsyncClient) -> None:
    for number in ("1e400", "1" * 400, "-" + "9" * 5000, "NaN", "Infinity"):
        for body in (f'{{"limit":{number}}}', f'{{"offset":{number}}}', f'{{"artifacts":{{"key":{number}}}}}'):
            response = await api.post("/artifacts/filter", content=body, headers=JSON)
            assert response.status_code == 422
            assert json.loads(response.text)


# Bodies over the limit


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    for start in range(0, len(body), 300):
        yield body[start : start + 300]


def too_large(response: httpx2.Response) -> bool:
    answer = response.json()
    assert (response.status_code, answer["error"]) == (413, "body_too_large")
    assert answer["facts"] == {"limit_bytes": LIMIT_BYTES}
    assert answer["detail"].startswith(f"The request body is larger than {LIMIT_BYTES} bytes")
    return True


@pytest.mark.parametrize("sent", [lambda body: body, in_pieces], ids=["declared", "undeclared"])
async def test_a_body_over_the_limit_is_refused_on_every_route(
    parts: Parts, api: httpx2.AsyncClient, sent: Callable[[bytes], Any]
) -> None:
    artifact = await created(api)
    parts.settings.max_body_bytes = LIMIT_BYTES
    body = json.dumps({"data": "x" * LIMIT_BYTES}).encode()
    for method, path in (
        ("POST", "/artifacts/"),
        ("POST", "/artifacts/batch"),
        ("POST", "/artifacts/filter"),
        ("POST", "/artifacts/latest/count"),
        ("PATCH", f"/artifacts/{artifact['id']}"),
    ):
        assert too_large(await api.request(method, path, content=sent(body), headers=JSON))
    assert await head(parts) == 1


@pytest.mark.parametrize("sent", [lambda body: body, in_pieces], ids=["declared", "undeclared"])
async def test_a_body_as_large_as_the_limit_is_taken(
    parts: Parts, api: httpx2.AsyncClient, sent: Callable[[bytes], Any]
) -> None:
    parts.settings.max_body_bytes = LIMIT_BYTES
    body = json.dumps({"data": "x" * (LIMIT_BYTES - 12)}).encode()
    assert len(body) == LIMIT_BYTES
    assert (await api.post("/artifacts/", content=sent(body), headers=JSON)).status_code == 201
    assert too_large(await api.post("/artifacts/", content=sent(body + b" "), headers=JSON))


@pytest.mark.parametrize("root", ["", "/accounts/a/workspaces/b"])
async def test_a_large_body_for_a_maintenance_route_is_refused_too(
    parts: Parts, api: httpx2.AsyncClient, root: str
) -> None:
    name = "x" * parts.settings.max_body_bytes
    for content in (f'{{"name":"{name}"}}'.encode(), in_large_pieces(f'{{"name":"{name}"}}'.encode())):
        response = await api.post(f"{root}/keys", content=content, headers=JSON)
        assert response.status_code == 413
        assert "larger than 10485760 bytes" in response.json()["detail"]


async def in_large_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1 << 20):
        yield body[start : start + (1 << 20)]


async def answer_to(server: LiveServer, head: str, pieces: AsyncIterator[bytes]) -> str:
    """What a live server answers while the request is still being sent."""
    url = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(f"POST {url.path}/artifacts/ HTTP/1.1\r\nHost: digsite\r\n{head}\r\n\r\n".encode())
    async for piece in pieces:
        writer.write(piece)
    await writer.drain()
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        status_and_headers = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = (await reader.readuntil(b"}}")).decode()
    writer.close()
    return status_and_headers.splitlines()[0] + body


async def nothing() -> AsyncIterator[bytes]:
    for piece in ():
        yield piece


async def chunks(number: int) -> AsyncIterator[bytes]:
    """So many KiB of a chunked body that never ends."""
    for _ in range(number):
        yield b"400\r\n" + b"x" * 1024 + b"\r\n"


@pytest.mark.parametrize("database", ["sqlite"])
async def test_a_live_server_refuses_a_large_body_before_it_has_come(
    start_server: Callable[..., LiveServer], sqlite_url: str, database: str
) -> None:
    server = start_server(sqlite_url, DIGSITE_MAX_BODY_BYTES="65536")
    declared = await answer_to(server, "Content-Length: 99999999999", nothing())
    undeclared = await answer_to(server, "Transfer-Encoding: chunked", chunks(65))
    for answer in (declared, undeclared):
        assert answer.startswith("HTTP/1.1 413 ")
        assert "The request body is larger than 65536 bytes" in answer
    async with httpx2.AsyncClient(base_url=server.url) as api:
        assert await count(api) == 0
        assert (await created(api, data="x" * 60_000))["data"] == "x" * 60_000


async def test_a_live_server_takes_ten_mebibytes(live_server: LiveServer) -> None:
    body = json.dumps({"data": "x" * (10 * 1024 * 1024 - 12)}).encode()
    async with httpx2.AsyncClient(base_url=live_server.url, timeout=60) as api:
        response = await api.post("/artifacts/", content=body, headers=JSON)
        assert response.status_code == 201
        refused = await api.post("/artifacts/", content=body + b" ", headers=JSON)
        assert refused.status_code == 413
        assert await count(api) == 1


async def test_headers_that_no_server_should_pass_on_are_refused(live_server: LiveServer) -> None:
    for header in ("User-Agent: a\0b", "User-Agent: a\x01b\r\n\0", "X-Request-ID: \0", "Content-Length: -1"):
        answer = await first_line(live_server, header)
        assert answer.startswith("HTTP/1.1 400 ")
    async with httpx2.AsyncClient(base_url=live_server.url) as api:
        assert await count(api) == 0


async def first_line(server: LiveServer, header: str) -> str:
    url = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    body = "{}"
    lines = f"POST {url.path}/artifacts/ HTTP/1.1\r\nHost: digsite\r\n{header}\r\n"
    length = "" if "Length" in header else f"Content-Length: {len(body)}\r\n"
    writer.write(f"{lines}{length}\r\n{body}".encode())
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        answer = (await reader.readline()).decode()
    writer.close()
    return answer


# Keys of access


async def test_a_bad_request_for_an_api_key_makes_none(api: httpx2.AsyncClient) -> None:
    for body in (
        {"name": ""},
        {"name": "a b"},
        {"name": "a\0"},
        {"name": "a\n"},
        {"name": "x" * 101},
        {"name": 1},
        {"name": "a", "scope": "all"},
        {"name": "a", "log": "\0"},
        {"name": "a", "log": "x" * 301},
        {"name": "a", "nope": 1},
        {},
    ):
        assert detail(await api.post("/keys", json=body))["loc"][0] == "body"
    assert (await api.get("/keys")).json() == []


async def test_a_path_may_hold_anything(api: httpx2.AsyncClient) -> None:
    for name in ("%00", "a%00", "%FF", "%F0%9F%93%88", "x" * 5000, "%0A", "..", "%2E%2E%2F"):
        for method, path in (
            ("GET", f"/artifacts/{name}"),
            ("GET", f"/artifacts/{name}/latest"),
            ("PATCH", f"/artifacts/{name}"),
            ("DELETE", f"/artifacts/{name}"),
            ("DELETE", f"/keys/{name}"),
            ("GET", f"/{name}"),
        ):
            response = await api.request(method, path)
            assert response.status_code in (404, 405, 307) or response.url.path == "/"  # beyond the API: the page


async def test_a_query_may_hold_anything(api: httpx2.AsyncClient) -> None:
    artifact = await created(api)
    for query in ("?a=%00", "?%00", "?=", "?a=%FF", "?limit=-1", "?client=%00"):
        assert (await api.get(f"/artifacts/{artifact['id']}{query}")).json() == artifact
        assert (await api.get(f"/csrf-token{query}")).status_code == 422
        assert (await api.get(f"/artifacts/{NOBODY}{query}")).status_code == 404
