"""Access: who may do what, how a refusal looks, and what is recorded and logged of it."""

import asyncio
import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from events.event import Origin
from events.stores.statement import Statement
from service.app import create_app, opened
from service.parts import Parts
from service.settings import Settings
from tests.contract.calls import detail
from tests.servers import LiveServer

WORKSPACE = "/accounts/an-account/workspaces/a-workspace"
LOG = "an-account/a-workspace"
AUTH_STRING = "admin:pa:ss wörd"
REQUEST_ID = re.compile(r"[0-9a-f-]{36}")


def basic(auth_string: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(auth_string.encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def key(api: httpx2.AsyncClient, name: str, scope: str = "write", log: str | None = None, **by: Any) -> str:
    """A new API key's token. The first is made by anyone, all others with the credentials in `by`."""
    response = await api.post("/keys", json={"name": name, "scope": scope, "log": log}, **by)
    assert response.status_code == 201, response.text
    return str(response.json()["token"])


@pytest.fixture
async def admin(api: httpx2.AsyncClient) -> dict[str, str]:
    """The credentials of a key that may do anything. From now on the API is closed to all others."""
    return bearer(await key(api, "an-admin", "admin"))


async def statuses(api: httpx2.AsyncClient, headers: dict[str, str], root: str = "") -> tuple[int, int, int]:
    """How a read, a write and a maintenance request are answered."""
    read = await api.post(f"{root}/artifacts/latest/filter", headers=headers)
    write = await api.post(f"{root}/artifacts/", json={}, headers=headers)
    maintain = await api.get(f"{root}/keys", headers=headers)
    return read.status_code, write.status_code, maintain.status_code


def assert_unauthorized(response: httpx2.Response) -> None:
    assert (response.status_code, response.json()) == (401, {"exception_message": "Unauthorized"})
    assert response.headers["www-authenticate"].endswith("Bearer")


# Open, until something guards it


async def test_nothing_is_asked_for_by_default(api: httpx2.AsyncClient) -> None:
    assert await statuses(api, {}) == (200, 201, 200)
    assert await statuses(api, bearer("whatever")) == (200, 201, 200)


# The auth string


@pytest.fixture
async def guarded(settings: Settings) -> Any:
    """A client of a server with an auth string."""
    settings.api_auth_string = SecretStr(AUTH_STRING)
    async with opened(settings) as parts:
        transport = httpx2.ASGITransport(create_app(parts))
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api") as api:
            yield api


async def test_the_auth_string_opens_everything(guarded: httpx2.AsyncClient) -> None:
    assert await statuses(guarded, basic(AUTH_STRING)) == (200, 201, 200)
    assert await statuses(guarded, basic(AUTH_STRING), WORKSPACE) == (200, 201, 200)


async def test_a_browser_is_told_that_it_may_ask_for_a_password(guarded: httpx2.AsyncClient) -> None:
    refused = await guarded.get("/docs")
    assert refused.headers["www-authenticate"] == 'Basic realm="Digsite", Bearer'


async def test_a_script_is_told_so_without_a_browsers_question_for_a_password(guarded: httpx2.AsyncClient) -> None:
    refused = await guarded.get("/version", headers={"Sec-Fetch-Mode": "cors"})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


async def test_nothing_else_opens_anything(guarded: httpx2.AsyncClient) -> None:
    encoded = base64.b64encode(AUTH_STRING.encode()).decode()
    wrong = [
        {},
        basic("admin:wrong"),
        basic(AUTH_STRING + "x"),
        basic(AUTH_STRING[:-1]),
        basic(""),
        {"Authorization": f"Bearer {AUTH_STRING}".encode()},
        {"Authorization": f"Bearer {encoded}"},
        {"Authorization": encoded},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ???"},
        {"Authorization": b"Basic \xff\xfe"},
        {"Authorization": f"Digest {encoded}"},
    ]
    for headers in wrong:
        for method, path in (("GET", "/version"), ("POST", "/artifacts/"), ("GET", "/nope"), ("GET", "/openapi.json")):
            assert_unauthorized(await guarded.request(method, path, headers=headers))


@pytest.mark.parametrize("root", ["", WORKSPACE])
async def test_health_and_readiness_stay_open(guarded: httpx2.AsyncClient, root: str) -> None:
    assert (await guarded.get(f"{root}/health")).json() is True
    assert (await guarded.get(f"{root}/ready")).json() == {"message": "OK"}


async def test_a_refused_request_is_named_too(guarded: httpx2.AsyncClient) -> None:
    response = await guarded.get("/version", headers={"X-Request-ID": "mine"})
    assert (response.status_code, response.headers["x-request-id"]) == (401, "mine")


async def test_a_page_may_ask_before_it_has_credentials(guarded: httpx2.AsyncClient) -> None:
    asked = {
        "origin": "http://a.page",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    assert (await guarded.options("/artifacts/", headers=asked)).status_code == 200


# API keys


@pytest.mark.parametrize(
    ("scope", "answers"), [("read", (200, 403, 403)), ("write", (200, 201, 403)), ("admin", (200, 201, 200))]
)
async def test_a_key_allows_what_its_scope_says(
    api: httpx2.AsyncClient, admin: dict[str, str], scope: str, answers: tuple[int, int, int]
) -> None:
    token = await key(api, "a-key", scope, headers=admin)
    assert await statuses(api, bearer(token)) == answers
    assert await statuses(api, bearer(token), WORKSPACE) == answers


@pytest.mark.parametrize("scope", ["read", "write"])
async def test_every_route_needs_its_scope(api: httpx2.AsyncClient, admin: dict[str, str], scope: str) -> None:
    headers = bearer(await key(api, "a-key", scope, headers=admin))
    artifact = await created_by(api, admin)
    path = f"/artifacts/{artifact['id']}"
    reads = [("GET", path), ("GET", "/artifacts/a/latest"), ("GET", "/version"), ("POST", "/artifacts/filter")]
    reads += [("POST", f"/artifacts/{each}") for each in ("latest/filter", "count", "latest/count")]
    writes = [("POST", "/artifacts/"), ("POST", "/artifacts/batch"), ("PATCH", path), ("DELETE", path)]
    writes += [("DELETE", "/artifacts/collections/a")]
    maintenance = [
        ("GET", "/keys"),
        ("POST", "/keys"),
        ("DELETE", "/keys/a-key"),
        ("POST", "/rebuild"),
        ("POST", "/retention/preview"),
    ]
    refused = maintenance + (writes if scope == "read" else [])
    for method, path in reads + writes + maintenance:
        response = await api.request(method, path, json=None if method == "GET" else {}, headers=headers)
        assert (method, path, response.status_code == 403) == (method, path, (method, path) in refused)


async def created_by(api: httpx2.AsyncClient, headers: dict[str, str]) -> dict[str, Any]:
    return (await api.post("/artifacts/", json={"key": "a"}, headers=headers)).json()


async def test_a_refusal_says_what_is_missing(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    headers = bearer(await key(api, "reader", "read", headers=admin))
    response = await api.post("/artifacts/", json={}, headers=headers)
    reason = "The API key 'reader' does not allow this: its scope is read, and this needs write."
    assert (response.status_code, response.json()) == (403, {"detail": reason})


async def test_a_key_may_be_bound_to_one_log(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    token = await key(api, "bound", "write", LOG, headers=admin)
    assert await statuses(api, bearer(token), WORKSPACE) == (200, 201, 403)
    assert await statuses(api, bearer(token)) == (403, 403, 403)
    response = await api.post("/artifacts/filter", headers=bearer(token))
    assert "it is bound to the log 'an-account/a-workspace'" in response.json()["detail"]


async def test_a_key_may_be_bound_to_the_default_log(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    token = await key(api, "bound", "write", "default", headers=admin)
    assert await statuses(api, bearer(token)) == (200, 201, 403)
    assert await statuses(api, bearer(token), WORKSPACE) == (403, 403, 403)


async def test_a_key_of_one_log_makes_no_key_for_others(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    headers = bearer(await key(api, "bound", "admin", LOG, headers=admin))
    response = await api.post(f"{WORKSPACE}/keys", json={"name": "unbound", "scope": "admin"}, headers=headers)
    assert response.status_code == 403
    assert (await api.post(f"{WORKSPACE}/rebuild", headers=headers)).status_code == 403


async def test_with_a_key_made_nobody_comes_in_without(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    token = admin["Authorization"].removeprefix("Bearer ")
    for headers in ({}, bearer(""), bearer(token[:-1]), bearer(token + "x"), bearer(token.upper()), basic(token)):
        assert_unauthorized(await api.post("/artifacts/", json={}, headers=headers))


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER  {}", "Bearer {} "])
async def test_the_word_before_a_key_may_be_written_in_any_case(
    api: httpx2.AsyncClient, admin: dict[str, str], form: str
) -> None:
    token = admin["Authorization"].removeprefix("Bearer ")
    assert (await api.get("/version", headers={"Authorization": form.format(token)})).status_code == 200


async def test_a_revoked_key_opens_nothing(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    headers = bearer(await key(api, "leaked", headers=admin))
    assert (await api.post("/artifacts/", json={}, headers=headers)).status_code == 201
    assert (await api.delete("/keys/leaked", headers=admin)).status_code == 204
    assert_unauthorized(await api.post("/artifacts/", json={}, headers=headers))


async def test_keys_are_listed_without_their_tokens(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    token = await key(api, "bound", "read", LOG, headers=admin)
    await api.delete("/keys/bound", headers=admin)
    response = await api.get("/keys", headers=admin)
    an_admin, bound = response.json()
    assert {name: an_admin[name] for name in ("name", "scope", "log", "revoked")} == {
        "name": "an-admin",
        "scope": "admin",
        "log": None,
        "revoked": None,
    }
    assert (bound["name"], bound["scope"], bound["log"]) == ("bound", "read", LOG)
    assert bound["created"] < bound["revoked"]
    assert token not in response.text
    assert sha256(token.encode()).hexdigest() not in response.text


async def test_a_name_is_used_once(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    await key(api, "once", headers=admin)
    for _ in range(2):
        response = await api.post("/keys", json={"name": "once"}, headers=admin)
        assert (response.status_code, response.json()["error"]) == (409, "key_exists")
        assert "a name is used once" in response.json()["detail"]
        await api.delete("/keys/once", headers=admin)


async def test_of_many_who_take_a_name_at_once_one_gets_it(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    answers = await asyncio.gather(*(api.post("/keys", json={"name": "wanted"}, headers=admin) for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 7
    [token] = [each.json()["token"] for each in answers if each.status_code == 201]
    assert await statuses(api, bearer(token)) == (200, 201, 403)


async def test_a_key_that_does_not_exist_cannot_be_revoked(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    for name in ("nobody", "%00", "A" * 5000):
        response = await api.delete(f"/keys/{name}", headers=admin)
        assert (response.status_code, response.json()["error"]) == (404, "key_not_found")


async def test_the_database_holds_digests_only(parts: Parts, api: httpx2.AsyncClient) -> None:
    token = await key(api, "a-key")
    [row] = await parts.store.fetch(Statement(text("SELECT * FROM api_keys")))
    assert sha256(token.encode()).digest() in tuple(row)
    assert not any(token in str(column) for column in row)
    await created_by(api, bearer(token))
    assert token not in repr(await parts.store.read_all("default"))


async def test_tokens_are_long_and_each_is_another(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    tokens = {await key(api, f"key-{number}", headers=admin) for number in range(5)}
    assert len(tokens) == 5
    assert all(re.fullmatch(r"digsite_[\w-]{43}", token) for token in tokens)


async def test_the_local_maintenance_token_opens_everything(settings: Settings) -> None:
    settings.api_auth_string = SecretStr(AUTH_STRING)
    async with opened(settings, maintenance_token="local") as parts:
        transport = httpx2.ASGITransport(create_app(parts))
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api") as api:
            assert await statuses(api, bearer("local")) == (200, 201, 200)
            assert await statuses(api, bearer("")) == (401, 401, 401)


# What is recorded


async def origins(parts: Parts, log: str = "default") -> list[Origin]:
    return [placed.event.origin for placed in await parts.store.read_all(log)]


async def test_each_event_says_where_it_came_from(parts: Parts, api: httpx2.AsyncClient) -> None:
    headers = {"User-Agent": "prefect/3.8.8 (API 0.8.4)", "X-Request-ID": "request-1"}
    await api.post("/artifacts/", json={"key": "a"}, headers=headers)
    client = "prefect/3.8.8 (API 0.8.4)"
    expected = Origin(actor="anonymous", client=client, address="127.0.0.1", request_id="request-1")
    assert await origins(parts) == [expected, expected]


async def test_the_actor_is_the_name_of_the_key(parts: Parts, api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    writer = bearer(await key(api, "nightly-etl", headers=admin))
    path = f"/artifacts/{(await created_by(api, writer))['id']}"
    await api.patch(path, json={}, headers=admin)
    await api.delete(path, headers=writer)
    actors = [each.actor for each in await origins(parts)]
    assert actors[:2] == ["anonymous", "an-admin"]  # who made the keys
    assert actors[2:] == ["nightly-etl"] * 2 + ["an-admin"] * 2 + ["nightly-etl"] * 2


async def test_the_actor_behind_the_auth_string_is_basic(settings: Settings) -> None:
    settings.api_auth_string = SecretStr(AUTH_STRING)
    async with opened(settings) as parts:
        transport = httpx2.ASGITransport(create_app(parts))
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api") as api:
            await created_by(api, basic(AUTH_STRING))
        assert {each.actor for each in await origins(parts)} == {"basic"}


async def test_a_request_without_an_id_is_given_one(parts: Parts, api: httpx2.AsyncClient) -> None:
    for sent in (None, "", "a b", "x" * 129, "ü".encode()):
        response = await api.post("/artifacts/", json={}, headers={} if sent is None else {"X-Request-ID": sent})
        given = response.headers["x-request-id"]
        assert REQUEST_ID.fullmatch(given)
        assert (await origins(parts))[-1].request_id == given


async def test_the_id_that_a_client_sends_is_kept(parts: Parts, api: httpx2.AsyncClient) -> None:
    for sent in ("1", "!~", "x" * 128):
        response = await api.post("/artifacts/", json={}, headers={"X-Request-ID": sent})
        assert response.headers["x-request-id"] == sent == (await origins(parts))[-1].request_id


async def test_every_answer_names_its_request(api: httpx2.AsyncClient) -> None:
    for method, path in (("GET", "/health"), ("GET", "/nope"), ("PUT", "/artifacts/"), ("POST", "/artifacts/batch")):
        response = await api.request(method, path, headers={"X-Request-ID": "mine"})
        assert response.headers["x-request-id"] == "mine"


async def test_a_client_may_call_itself_anything(parts: Parts, api: httpx2.AsyncClient) -> None:
    for sent, recorded in ((b"caf\xe9", "café"), ("x" * 500, "x" * 200), ("", ""), ("\x7f", "\x7f")):
        await api.post("/artifacts/", json={}, headers={"User-Agent": sent})
        assert (await origins(parts))[-1].client == recorded


# A live server


def command(home: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command line, on data of its own. It must end by itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGSITE_")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "service", *arguments],
        env={**kept, "DIGSITE_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_that_anyone_could_reach_is_refused_without_access_control(tmp_path: Path, host: str) -> None:
    refused = command(tmp_path, "--host", host, "--port", "0")
    assert refused.returncode == 1
    assert f"Error: {host} can be reached from other machines" in refused.stderr
    assert "DIGSITE_API_AUTH_STRING" in refused.stderr
    assert "--insecure" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_empty_auth_string_protects_nothing(tmp_path: Path) -> None:
    refused = command(tmp_path, "--host", "0.0.0.0", "--port", "0", DIGSITE_API_AUTH_STRING="")
    assert refused.returncode == 1


@pytest.mark.parametrize("guard", [{"DIGSITE_API_AUTH_STRING": AUTH_STRING}, {"DIGSITE_INSECURE": "true"}])
def test_a_server_that_anyone_could_reach_needs_a_guard_or_a_word(
    start_server: Callable[..., LiveServer], sqlite_url: str, guard: dict[str, str]
) -> None:
    server = start_server(sqlite_url, DIGSITE_HOST="0.0.0.0", **guard)
    assert server.url.startswith("http://0.0.0.0:")


def test_a_key_guards_a_server_that_anyone_could_reach(
    start_server: Callable[..., LiveServer], sqlite_url: str, tmp_path: Path
) -> None:
    made = command(tmp_path, "keys", "create", "a-key", DIGSITE_DATABASE_URL=sqlite_url)
    assert made.returncode == 0, made.stderr
    server = start_server(sqlite_url, DIGSITE_HOST="0.0.0.0")
    url = server.url.replace("0.0.0.0", "127.0.0.1")
    assert httpx2.get(f"{url}/version").status_code == 401
    assert httpx2.get(f"{url}/version", headers=bearer(made.stdout.strip())).status_code == 200


@pytest.mark.parametrize("form", ["console", "json"])
def test_nothing_secret_is_in_the_log_lines(
    start_server: Callable[..., LiveServer], sqlite_url: str, form: str
) -> None:
    environment = {"DIGSITE_LOG_LEVEL": "debug", "DIGSITE_LOG_FORMAT": form, "DIGSITE_API_AUTH_STRING": AUTH_STRING}
    server = start_server(sqlite_url, **environment)
    with httpx2.Client(base_url=server.url) as api:
        answer = api.post("/keys", json={"name": "a-key"}, headers=basic(AUTH_STRING))
        token = answer.json()["token"]
        secret = {"key": "a", "data": "the-content", "description": "the-description", "metadata_": {"a": "the-meta"}}
        assert api.post("/artifacts/", json=secret, headers=bearer(token)).status_code == 201
        assert api.post("/artifacts/", json={**secret, "key": "A"}, headers=bearer(token)).status_code == 422
        assert api.post("/artifacts/", json=secret, headers=bearer("the-wrong-token")).status_code == 401
        assert api.get("/version?token=the-query", headers=basic("the-wrong:auth")).status_code == 401
    server.stop()
    output = "".join(server.output)
    assert output.count("request_id") >= 5
    encoded = basic(AUTH_STRING)["Authorization"].removeprefix("Basic ")
    for word in (AUTH_STRING, encoded, token, "the-"):
        assert word not in output


def test_a_fault_says_nothing_secret(start_server: Callable[..., LiveServer], sqlite_url: str, tmp_path: Path) -> None:
    """Even a trace has code and messages only, no values."""
    server = start_server(sqlite_url, DIGSITE_LOG_LEVEL="debug", DIGSITE_API_AUTH_STRING=AUTH_STRING)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with httpx2.Client(base_url=server.url, headers=basic(AUTH_STRING)) as api:
        assert api.post("/artifacts/", json={"key": "a"}).status_code == 201
        break_database(path)
        answers = {api.post("/artifacts/", json={"data": "the-content"}).status_code for _ in range(2)}
    server.stop()
    assert answers <= {500, 503}
    output = "".join(server.output)
    assert basic(AUTH_STRING)["Authorization"].removeprefix("Basic ") not in output
    assert AUTH_STRING not in output
    assert "the-content" not in output


def break_database(path: Path) -> None:
    """Take a table away under the server."""
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE artifacts RENAME TO gone")
    connection.close()


async def test_the_maintenance_routes_check_their_body(api: httpx2.AsyncClient, admin: dict[str, str]) -> None:
    response = await api.post("/keys", json={"name": "a", "scope": "owner"}, headers=admin)
    assert detail(response)["loc"] == ["body", "scope"]
