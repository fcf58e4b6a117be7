"""Sockets that Digsite does not own are a real Prefect server's."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.prefects import Beside

PREFECT = [Subprotocol("prefect")]


def address(beside: Beside, path: str) -> str:
    return beside.digsite.url.replace("http", "ws", 1) + path


async def test_a_task_worker_subscribes(beside_prefect: Beside) -> None:
    async with connect(address(beside_prefect, "/task_runs/subscriptions/scheduled"), subprotocols=PREFECT) as socket:
        assert socket.subprotocol == "prefect"
        await socket.send(json.dumps({"type": "auth", "token": None}))
        assert json.loads(await asyncio.wait_for(socket.recv(), 10)) == {"type": "auth_success"}
        await socket.send(json.dumps({"type": "subscribe"}))
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001
        assert "expected 'keys'" in closed.value.rcvd.reason


async def test_a_socket_that_the_prefect_server_does_not_have_is_refused_as_it_refuses(beside_prefect: Beside) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(beside_prefect, "/no/such/socket"))
    assert refused.value.response.status_code == 403
