"""An upstream that is away, is lost, falls silent or is no upstream; and clients that leave."""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import httpx2
import pytest

from service.app import opened
from service.settings import Settings
from service.upstream import gateway
from service.upstream.client import UPSTREAM_RETRY_S_MAX, retry_after_s
from service.upstream.tenure import Tenure
from tests.contract.upstream.conftest import in_front_of, until
from tests.peers import HOST, OK, Caller, Message, Peer, answering
from tests.ports import free_port
from tests.servers import LiveServer

AWAY = "http://127.0.0.1:1/api"
"""Nobody listens there."""


# it is away


async def test_what_is_the_upstreams_can_be_asked_again_later(tmp_path: Path) -> None:
    async with in_front_of(AWAY, tmp_path) as api:
        answer = await api.post("/flows/", json={"name": "f"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["exception_message"] == "Service Unavailable"
    assert AWAY in answer.json()["detail"]


async def test_the_longer_it_is_away_the_later_clients_come_back(tmp_path: Path) -> None:
    """A Prefect client asks five times more: a second apart would be over before a server has started."""
    async with in_front_of(AWAY, tmp_path) as api:
        async with asyncio.timeout(10):
            while (await api.get("/flows/1")).headers["retry-after"] in ("2", "3"):
                await asyncio.sleep(0.05)


def test_a_client_that_comes_back_as_told_does_so_for_a_minute() -> None:
    away_s = 0
    waits = [away_s := away_s + retry_after_s(away_s) for _ in range(5)]
    assert (waits, retry_after_s(10_000)) == ([2, 6, 14, 30, 62], UPSTREAM_RETRY_S_MAX)


async def test_digsites_own_routes_work_without_the_upstream(tmp_path: Path) -> None:
    async with in_front_of(AWAY, tmp_path) as api:
        made = await api.post("/artifacts/", json={"key": "report", "data": 1})
        assert (await api.get(f"/artifacts/{made.json()['id']}")).json() == made.json()


async def test_what_a_client_asks_before_its_first_artifact_is_answered_without_the_upstream(tmp_path: Path) -> None:
    async with in_front_of(AWAY, tmp_path) as api:
        assert (await api.get("/admin/version")).json() == "3.9.1"
        assert (await api.get("/version")).json() == "0.8.4"
        token = (await api.get("/csrf-token", params={"client": "c"})).json()
        assert (len(token["token"]), token["client"]) == (64, "c")


async def test_the_server_is_ready_and_says_what_is_away_before_anybody_asks_for_it(tmp_path: Path) -> None:
    async with in_front_of(AWAY, tmp_path) as api:
        async with asyncio.timeout(10):
            while "upstream" not in (answer := (await api.get("/ready")).json()).get("degraded", {}):
                await asyncio.sleep(0.01)
        assert (answer["message"], AWAY in answer["degraded"]["upstream"]) == ("OK", True)
        metrics = (await api.get("/metrics")).text
    assert 'digsite_up{what="upstream"} 0.0' in metrics


async def test_a_server_stops_also_in_the_moment_in_which_its_bridge_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bridge has failed, and what belongs to it is just being ended."""
    is_ending, may_end = asyncio.Event(), asyncio.Event()

    async def watch(_: Tenure) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            is_ending.set()
            await may_end.wait()

    monkeypatch.setattr(Tenure, "watch", watch)
    async with asyncio.timeout(20), opened(Settings(home=tmp_path, upstream_api_url=AWAY)):
        await is_ending.wait()
        asyncio.get_running_loop().call_later(0.05, may_end.set)


async def test_an_upstream_over_tls_is_trusted_if_its_authority_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None and not os.environ.get("CI"):
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=peer -addext "
        f"subjectAltName=IP:{HOST} -keyout {key} -out {certificate}"
    )
    subprocess.run(made.split(), check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with socket.create_server((HOST, 0)) as listening:
        async with Peer(listening, context) as peer:
            async with in_front_of(peer.url, tmp_path) as api:
                assert (await api.get("/peer")).status_code == 503
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            async with in_front_of(peer.url, tmp_path) as api:
                assert (await api.get("/peer")).status_code == 200


# it is lost


async def test_an_answer_that_was_cut_ends_cut(caller: Caller, peer: Peer) -> None:
    async def behave(_: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        writer.close()

    peer.behave = behave
    answer = await caller.ask(b"GET /api/peer")
    with pytest.raises(asyncio.IncompleteReadError):
        await answer.body()


async def test_a_change_that_may_have_been_made_is_not_made_twice(caller: Caller, peer: Peer) -> None:
    peer.behave = hang_up
    answer = await caller.ask(b"POST /api/peer", body=b"{}")
    assert (answer.start[1], answer.values(b"retry-after"), len(peer.seen)) == (b"502", [b"2"], 1)


async def test_what_only_reads_is_asked_once_more(caller: Caller, peer: Peer) -> None:
    async def behave(request: Message, writer: asyncio.StreamWriter) -> None:
        await (hang_up if len(peer.seen) == 1 else answering(OK, b"there"))(request, writer)

    peer.behave = behave
    assert await (await caller.ask(b"GET /api/peer")).body() == b"there"


async def test_what_reads_is_asked_twice_at_most(caller: Caller, peer: Peer) -> None:
    peer.behave = hang_up
    answer = await caller.ask(b"GET /api/peer")
    assert (answer.start[1], len(peer.seen)) == (b"502", 2)


@pytest.mark.parametrize("line", [b"GET /api/peer", b"POST /api/peer"])
async def test_a_connection_that_the_upstream_has_closed_is_not_used_again(
    caller: Caller, peer: Peer, line: bytes
) -> None:
    async def behave(request: Message, writer: asyncio.StreamWriter) -> None:
        await answering(OK, b"there")(request, writer)
        writer.close()

    peer.behave = behave
    for _ in range(3):
        assert (await caller.ask(line, body=b"")).start[1] == b"200"
        assert await until(lambda: not peer.writers)
    assert len(peer.seen) == 3


async def test_an_answer_that_comes_before_the_body_has_ended_is_passed_on(caller: Caller, peer: Peer) -> None:
    async def behave(request: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        await request.body()

    peer.behave = behave
    answer = await caller.ask(b"POST /api/peer", body=bytes(1_000_000))
    assert answer.start[1] == b"413"


async def test_an_upstream_that_says_nothing_is_not_waited_for_for_ever(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(gateway.TIMEOUTS, "read", 0.1)
    peer.behave = say_nothing
    async with in_front_of(peer.url, tmp_path) as api:
        answer = await api.get("/peer")
    assert (answer.status_code, answer.json()["exception_message"]) == (504, "Gateway Timeout")


async def test_no_more_connections_are_opened_than_the_limit(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "UPSTREAM_CONNECTIONS_MAX", 2)
    monkeypatch.setitem(gateway.TIMEOUTS, "pool", 0.1)
    peer.behave = say_nothing
    async with in_front_of(peer.url, tmp_path) as api:
        held = [asyncio.create_task(api.get("/peer")) for _ in range(2)]
        assert await until(lambda: len(peer.seen) == 2)
        answer = await api.get("/peer")
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
    assert (answer.status_code, "all 2 connections" in answer.json()["detail"]) == (503, True)


async def test_a_server_that_is_its_own_upstream_says_so(tmp_path: Path) -> None:
    port = free_port()
    own = {"DIGSITE_UPSTREAM_API_URL": f"http://127.0.0.1:{port}/api"}
    server = LiveServer(f"sqlite:///{tmp_path / 'digsite.db'}", tmp_path, own)
    server.start(port)
    try:
        answer = httpx2.get(f"{server.url}/flows/")
        assert (answer.status_code, answer.json()["error"]) == (508, "upstream_loop")
    finally:
        server.stop()


# the client leaves


async def test_who_leaves_before_the_answer_is_not_answered_for(caller: Caller, peer: Peer) -> None:
    peer.behave = say_nothing
    await caller.send(b"GET /api/peer HTTP/1.1\r\nHost: d\r\n\r\n")
    assert await until(lambda: len(peer.seen) == 1)
    caller.writer.close()
    assert await until(lambda: not peer.writers)


async def test_who_leaves_in_the_midst_of_an_answer_is_not_answered_for(caller: Caller, peer: Peer) -> None:
    peer.behave = say_much
    await caller.ask(b"GET /api/peer")
    caller.writer.transport.abort()
    assert await until(lambda: not peer.writers)


async def test_a_body_that_was_cut_arrives_cut(caller: Caller, peer: Peer) -> None:
    cut = asyncio.Event()

    async def behave(request: Message, _: asyncio.StreamWriter) -> None:
        try:
            await request.body()
        except asyncio.IncompleteReadError:
            cut.set()
            raise

    peer.behave = behave
    await caller.send(b"POST /api/peer HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
    assert await until(lambda: len(peer.seen) == 1)
    caller.writer.close()
    await asyncio.wait_for(cut.wait(), 10)


async def hang_up(request: Message, writer: asyncio.StreamWriter) -> None:
    await request.body()
    writer.close()


async def say_nothing(request: Message, _: asyncio.StreamWriter) -> None:
    await request.reader.read()


async def say_much(_: Message, writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Content-Length: 1000000000\r\n\r\n")
    while True:
        writer.write(bytes(65536))
        await writer.drain()
