"""Live servers, one on each database, and for each test a log of its own on them."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from tests.contract.streams.place import Place
from tests.e2e.conftest import database_url
from tests.servers import LiveServer

__all__ = ["database_url"]

HEARTBEAT_S = "0.5"


@pytest.fixture(scope="module")
def live_server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    environment = {"DIGSITE_HEARTBEAT_S": HEARTBEAT_S}
    with LiveServer(database_url, tmp_path_factory.mktemp("digsite"), environment) as server:
        yield server


@pytest.fixture
async def place(live_server: LiveServer) -> AsyncIterator[Place]:
    """A workspace that nobody has used, hence a log without events."""
    async with Place(f"{live_server.url}/accounts/acme/workspaces/{uuid4().hex}") as place:
        yield place
