"""Clients that write at the same time, go on through faults, and keep account of what they were promised."""

import asyncio
import itertools
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from random import Random
from types import TracebackType
from typing import Self

import httpx2
from msgspec import Struct

CLIENTS = 32
KEYS = 5
BATCH = 5
BACK_OFF_S = 0.2
"""How long a client waits before it tries again: less than the server asks for, and more than all of them in turn take
to find that it is away, or they would keep it from starting."""
HANG_UPS = 0.1
PATIENCE_S = 0.002
PROGRESS_TIMEOUT_S = 60.0

CREATED = "prefect.artifact.created"
UPDATED = "prefect.artifact.updated"
DELETED = "prefect.artifact.deleted"


class Acknowledged(Struct, frozen=True):
    """A write that was answered with 2xx: what it did to which artifact, and where it stands."""

    kind: str
    artifact_id: str
    position: int
    """The last position that the write took."""
    data: int | None = None


class Load(ABC):
    """Clients that write from `async with` on until its end."""

    def __init__(self, url: str, *, clients: int = CLIENTS) -> None:
        self.acknowledged: list[Acknowledged] = []
        self.unavailable = 0
        """How many answers were 503."""
        self._clients = clients
        self._http = httpx2.AsyncClient(base_url=f"{url}/", timeout=30)
        self._numbers = itertools.count(1)
        self._stopping = False
        self._progress = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @abstractmethod
    async def write(self, dice: Random) -> None:
        """One client's next write."""

    async def grow(self, count: int) -> None:
        """Return when so many more writes are acknowledged."""
        wanted = len(self.acknowledged) + count
        await self._until(lambda: len(self.acknowledged) >= wanted)

    async def be_put_off(self, count: int) -> None:
        """Return when so many more writes are answered with 503."""
        wanted = self.unavailable + count
        await self._until(lambda: self.unavailable >= wanted)

    async def _until(self, is_reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PROGRESS_TIMEOUT_S):
            while not is_reached():
                self._progress.clear()
                await self._progress.wait()
                for task in self._tasks:
                    if task.done():
                        task.result()  # a client only ends before its time by what it did not expect

    async def send(self, method: str, path: str, **request: object) -> httpx2.Response | None:
        """The answer; None when there was none, or a 503, and so perhaps a write and perhaps not."""
        try:
            response = await self._http.request(method, path, **request)  # type: ignore[arg-type]
        except httpx2.TransportError:
            response = None
        if response is None or response.status_code == 503:
            assert response is None or int(response.headers["retry-after"]) >= 1
            self.unavailable += response is not None
            self._progress.set()
            await asyncio.sleep(BACK_OFF_S)
            return None
        assert response.status_code in (201, 204, 404, 412), f"{response.status_code}: {response.text}"
        return response

    def note(self, kind: str, artifact_id: str, response: httpx2.Response, data: int | None = None) -> None:
        position = int(response.headers["x-digsite-position"])
        self.acknowledged.append(Acknowledged(kind, artifact_id, position, data))
        self._progress.set()

    async def _run(self, number: int) -> None:
        dice = Random(number)
        while not self._stopping:
            await self.write(dice)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._run(number)) for number in range(self._clients)]
        for task in self._tasks:
            task.add_done_callback(lambda _: self._progress.set())
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stopping = True
        async with asyncio.timeout(PROGRESS_TIMEOUT_S):
            await asyncio.gather(*self._tasks)
        await self._http.aclose()


class MixedLoad(Load):
    """Creates on few keys, batches, patches and deletes. What gets no answer is not tried again."""

    def __init__(self, url: str, *, clients: int = CLIENTS) -> None:
        super().__init__(url, clients=clients)
        self._living: list[str] = []

    async def write(self, dice: Random) -> None:
        share = dice.random()
        if share < 0.1:
            await self._create_batch(dice)
        elif share < 0.55 or not self._living:
            await self._create(dice)
        elif share < 0.85:
            await self._patch(dice.choice(self._living))
        else:
            await self._delete(self._living.pop(dice.randrange(len(self._living))))

    async def _create(self, dice: Random) -> None:
        body = {"key": _key(dice), "type": "markdown", "data": next(self._numbers)}
        response = await self.send("POST", "artifacts/", json=body)
        if response is not None:
            self._keep(response.json(), response)

    async def _create_batch(self, dice: Random) -> None:
        bodies = [{"key": _key(dice), "data": next(self._numbers)} for _ in range(BATCH)]
        headers = {"x-request-id": f"batch-{uuid.uuid4()}"}
        response = await self.send("POST", "artifacts/batch", json={"artifacts": bodies}, headers=headers)
        if response is not None:
            self._keep(response.json()[-1]["artifact"], response)

    async def _patch(self, artifact_id: str) -> None:
        number = next(self._numbers)
        response = await self.send("PATCH", f"artifacts/{artifact_id}", json={"data": number})
        if response is not None and response.is_success:
            self.note(UPDATED, artifact_id, response, number)

    async def _delete(self, artifact_id: str) -> None:
        response = await self.send("DELETE", f"artifacts/{artifact_id}")
        if response is not None and response.is_success:
            self.note(DELETED, artifact_id, response)

    def _keep(self, artifact: dict[str, object], response: httpx2.Response) -> None:
        artifact_id, data = str(artifact["id"]), artifact["data"]
        assert isinstance(data, int)
        self._living.append(artifact_id)
        self.note(CREATED, artifact_id, response, data)


class RetryingLoad(Load):
    """Creates an artifact and updates it once, each with a request that can be sent again until it is answered.

    Some hang up before the answer can be there, and send their request again.
    """

    async def write(self, dice: Random) -> None:
        number = next(self._numbers)
        body = {"key": _key(dice), "data": number}
        headers = {"idempotency-key": f"create-{number}"}
        created = await self._until_answered(dice, "POST", "artifacts/", json=body, headers=headers)
        artifact_id = created.json()["id"]
        self.note(CREATED, artifact_id, created, number)
        body, headers = {"data": -number}, {"if-match": '"1"'}
        await self._until_answered(dice, "PATCH", f"artifacts/{artifact_id}", json=body, headers=headers)

    async def _until_answered(self, dice: Random, method: str, path: str, **request: object) -> httpx2.Response:
        if dice.random() < HANG_UPS:
            await self.send(method, path, timeout=PATIENCE_S, **request)
        async with asyncio.timeout(PROGRESS_TIMEOUT_S):
            while (response := await self.send(method, path, **request)) is None:
                pass
        return response


async def publish(url: str, artifacts: int, data_bytes: int = 10) -> int:
    """Publish a batch; answer with its last position."""
    bodies = [{"key": f"key-{number % KEYS}", "data": "x" * data_bytes} for number in range(artifacts)]
    async with httpx2.AsyncClient(base_url=f"{url}/", timeout=30) as client:
        response = await client.post("artifacts/batch", json={"artifacts": bodies})
    return int(response.raise_for_status().headers["x-digsite-position"])


def _key(dice: Random) -> str:
    return f"key-{dice.randrange(KEYS)}"
