"""A Digsite in front of a peer that is told what to answer."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from service.app import create_app, opened
from service.settings import Settings
from tests.peers import HOST, Caller, Peer
from tests.prefects import Beside, beside
from tests.servers import LiveServer

BUSY_S = 60.0


@pytest.fixture(scope="package")
def beside_prefect(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """A real one for those that ask for it: each has names and keys of its own."""
    home = tmp_path_factory.mktemp("beside")
    with beside(prefect_python, f"sqlite:///{home / 'digsite.db'}", home) as both:
        yield both


@pytest.fixture(scope="module")
def peers_socket() -> Iterator[socket.socket]:
    """Where the peers of a module listen, one after the other: the server's connections to one outlive it."""
    with socket.create_server((HOST, 0)) as listening:
        yield listening


@pytest.fixture(scope="module")
def in_front(peers_socket: socket.socket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("in-front")
    upstream = {"DIGSITE_UPSTREAM_API_URL": Peer(peers_socket).url}
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home, upstream) as server:
        yield server


@pytest.fixture
async def peer(peers_socket: socket.socket) -> AsyncIterator[Peer]:
    async with Peer(peers_socket) as peer:
        yield peer


@pytest.fixture
async def caller(in_front: LiveServer, peer: Peer) -> AsyncIterator[Caller]:
    """A connection to the server, whose upstream is the peer."""
    async with Caller(urlsplit(in_front.url).port or 0) as caller:
        yield caller


@asynccontextmanager
async def in_front_of(url: str, home: Path, **settings: str) -> AsyncIterator[httpx2.AsyncClient]:
    """The API of a server in this process, whose upstream is at an address."""
    async with opened(Settings(home=home, upstream_api_url=url, **settings)) as parts:
        transport = httpx2.ASGITransport(create_app(parts), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api") as client:
            yield client


async def until(holds: Callable[[], object]) -> bool:
    """Whether it holds within ten seconds."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)
    return True


def get(url: str, **options: Any) -> httpx2.Response:
    """Ask a server that may be busy."""
    return httpx2.get(url, timeout=BUSY_S, trust_env=False, **options)


def post(url: str, body: Any) -> httpx2.Response:
    return httpx2.post(url, json=body, timeout=BUSY_S, trust_env=False)
