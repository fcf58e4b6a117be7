"""The writes: requests at a steady rate, whether the server keeps up or not, or as fast as it answers."""

import secrets
import select
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.load import ANSWER_TIMEOUT_S, Answer, Connection, LoadFailed, percentile
from benchmarks.workloads import artifact, message

TEXT = "x" * 200
"""What an event from outside carries beside the moment of its sending."""
EVENTS_PER_ARTIFACT = 2
REQUESTS_MAX = 10**9
CONNECTIONS_MAX = 64
"""Requests that are under way at the same time, at most."""

_encode = msgspec.json.Encoder().encode


class Writes(Struct, frozen=True, kw_only=True):
    """What is written, and how fast."""

    kind: str = "event"
    """`event`: from outside, the same for all servers; `artifact`: 1 KiB of Markdown, two events; `label`: an event
    that one of `labels` filters lets through."""
    per_request: int = 1
    per_second: float | None = None
    """Requests; None: the next as soon as one is answered."""
    connections: int = CONNECTIONS_MAX
    labels: int = 1

    @property
    def events_per_request(self) -> int:
        return self.per_request * (EVENTS_PER_ARTIFACT if self.kind == "artifact" else 1)


class Written(Struct, frozen=True, kw_only=True):
    """What came of it."""

    requests: int
    """Answered with success."""
    failures: int
    seconds: float
    late_p99_ms: float
    """How long after its time a request was sent."""
    answer_p50_ms: float
    answer_p99_ms: float
    own_s: float
    """CPU time of the writer itself."""

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def write(port: int, writes: Writes, seconds: float, requests_max: int = REQUESTS_MAX) -> Written:
    """Write for so many seconds, then wait for the answers. Raises LoadFailed."""
    own_begun = time.process_time()
    writer = _Writer(port, writes, seconds, requests_max)
    try:
        writer.run()
    finally:
        writer.close()
    lasted = time.perf_counter() - writer.begun
    done = [each for each in writer.answers if each.is_success]
    waited = sorted(each.received - each.sent for each in done)
    return Written(
        requests=len(done),
        failures=len(writer.answers) - len(done),
        seconds=max(seconds, lasted) if writes.per_second else lasted,
        late_p99_ms=percentile(sorted(writer.late_s), 0.99) * 1000,
        answer_p50_ms=percentile(waited, 0.50) * 1000,
        answer_p99_ms=percentile(waited, 0.99) * 1000,
        own_s=time.process_time() - own_begun,
    )


class _Writer:
    def __init__(self, port: int, writes: Writes, seconds: float, requests_max: int) -> None:
        self._port = port
        self._make = maker(writes)
        self._per_second = writes.per_second
        self._left = round(writes.per_second * seconds) if writes.per_second else requests_max
        self._ready = select.epoll()
        self._idle: list[Connection] = []
        self._all: dict[int, Connection] = {}
        self._sent = 0
        self._busy: set[int] = set()
        self.answers: list[Answer] = []
        self.late_s: list[float] = []
        for _ in range(writes.connections):
            self._connect()
        self.begun = time.perf_counter()
        self._deadline = self.begun + seconds

    def run(self) -> None:
        while True:
            self._send_due()
            if self._is_over and not self._busy:
                return
            timeout_s = self._until_due_s()
            ready = self._ready.poll(timeout_s)
            if not ready and timeout_s >= ANSWER_TIMEOUT_S:
                raise LoadFailed(self._port, f"did not answer within {ANSWER_TIMEOUT_S:g} s")
            for number, _ in ready:
                self._receive(number)

    def close(self) -> None:
        for connection in self._all.values():
            connection.close()
        self._ready.close()

    @property
    def _is_over(self) -> bool:
        return self._sent == self._left or time.perf_counter() >= self._deadline

    @property
    def _due(self) -> float:
        """When the next request is to be sent."""
        return self.begun + self._sent / self._per_second if self._per_second else 0.0

    def _until_due_s(self) -> float:
        if self._is_over:
            return ANSWER_TIMEOUT_S
        next_at = min(self._deadline, self._due) if self._idle else self._deadline
        return max(0.0, next_at - time.perf_counter())

    def _send_due(self) -> None:
        while self._idle and not self._is_over and (now := time.perf_counter()) >= (due := self._due):
            connection = self._idle.pop()
            connection.send(self._make(self._sent))
            self._busy.add(connection.number)
            self._sent += 1
            if self._per_second:
                self.late_s.append(now - due)

    def _receive(self, number: int) -> None:
        connection = self._all[number]
        content = connection.receive()
        if content is None:
            return
        if number in self._busy:
            self._busy.remove(number)
            self.answers.append(Answer(connection.sent, time.perf_counter(), content))
            if content:
                self._idle.append(connection)
        else:
            self._idle.remove(connection)  # the server lets go of those who ask nothing
        if not content:
            del self._all[number]
            self._connect()

    def _connect(self) -> None:
        connection = Connection(self._port)
        self._all[connection.number] = connection
        self._idle.append(connection)
        self._ready.register(connection.number, select.EPOLLIN)


def maker(writes: Writes) -> Callable[[int], bytes]:
    """From the number of a request to its bytes. Each says within when it was made."""
    run = secrets.token_hex(8)
    count = writes.per_request

    def artifacts(number: int) -> bytes:
        items = [_artifact(number * count + each) for each in range(count)]
        if count == 1:
            return post("/api/artifacts/", items[0])
        return post("/api/artifacts/batch", {"artifacts": items})

    def events(number: int) -> bytes:
        numbers = range(number * count, number * count + count)
        return post("/api/events", [_event(run, each, each % writes.labels) for each in numbers])

    return artifacts if writes.kind == "artifact" else events


def post(path: str, body: Any) -> bytes:
    return message("POST", path, _encode(body))


def _artifact(number: int) -> dict[str, str]:
    plain = artifact(number)
    return {**plain, "data": f"sent={time.time():.6f}\n{plain['data']}"}


def _event(run: str, number: int, label: int) -> dict[str, Any]:
    return {
        "occurred": datetime.now(UTC).isoformat(),
        "event": f"benchmark.{label}.told",
        "resource": {"prefect.resource.id": "benchmark", "prefect.resource.name": f"thing-{label}"},
        "related": [],
        "payload": {"text": f"sent={time.time():.6f} {TEXT}"},
        "id": f"{run[:8]}-{run[8:12]}-4{run[12:15]}-8000-{number:012x}",
    }
