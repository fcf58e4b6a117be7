"""The load: keep-alive connections over loopback, each sending its next request when it has its answer.

It speaks just enough HTTP to know where an answer ends, on one bare epoll loop: what it costs must be small beside
what it measures. `Load.own_us` tells.
"""

import re
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import cycle, takewhile
from multiprocessing import get_context
from typing import NamedTuple, Self

from msgspec import Struct

HOST = "127.0.0.1"
LEAD_IN = 0.2
"""Share of a stretch that is sent before it without being counted, so that answers come as steadily as they go."""
ANSWER_TIMEOUT_S = 60.0
"""How long nothing may come from a server before the measurement is given up."""
RECEIVE_BYTES = 256 * 1024
SEND_BUFFER_BYTES = 1024 * 1024

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_WITHOUT_BODY = (b"204", b"304")


class LoadFailed(Exception):
    """What was measured does not answer as a server should."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(f"the server on port {port} {reason}")
        self.port, self.reason = port, reason

    def __reduce__(self) -> tuple[type[Self], tuple[int, str]]:
        """From the process of the load to the benchmark's own."""
        return type(self), (self.port, self.reason)


class Load(Struct, frozen=True, kw_only=True):
    """What came of one stretch of load. Only answers of status 2xx count as requests."""

    requests: int
    failures: int
    seconds: float
    p50_ms: float
    p99_ms: float
    own_us: float
    """CPU time of the generator itself, per request."""

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


class Answer(NamedTuple):
    sent: float
    received: float
    content: bytes
    """Head and body; empty if the connection was closed instead."""

    @property
    def is_success(self) -> bool:
        return self.content.startswith(b"HTTP/1.1 2")

    @property
    def body(self) -> bytes:
        return self.content.partition(_HEAD_END)[2]


Run = Callable[[int, Sequence[bytes], int, float], Load]
Ask = Callable[[int, Sequence[bytes], int], list[bytes]]


class Generator(NamedTuple):
    """The load generator in a process of its own."""

    run: Run
    ask: Ask


@contextmanager
def generator() -> Iterator[Generator]:
    """Start the process; it ends with the block."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=ignore_interrupts) as process:
        yield Generator(
            run=lambda *arguments: process.submit(run, *arguments).result(),
            ask=lambda *arguments: process.submit(ask, *arguments).result(),
        )


def run(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Send the requests, round and round, and count what is answered in so many seconds, after a lead-in.

    What was sent before the end is still waited for, so that the next stretch begins in peace. Raises LoadFailed.
    """
    own_started = time.process_time()
    begin = time.perf_counter() + seconds * LEAD_IN
    deadline = begin + seconds
    answers = 0
    in_time = takewhile(lambda _: time.perf_counter() < deadline, cycle(requests))
    latencies: list[float] = []
    failures = 0
    for answer in exchange(port, in_time, connections):
        answers += 1
        if not answer.is_success:
            failures += 1
        elif begin <= answer.received <= deadline:
            latencies.append(answer.received - answer.sent)
    own_s = time.process_time() - own_started
    return summary(latencies, failures, seconds, own_s / max(1, answers))


def ask(port: int, requests: Sequence[bytes], connections: int) -> list[bytes]:
    """Send each request once. The bodies of the answers, in the order in which they came.

    Raises LoadFailed, also for an answer that is not a success.
    """
    bodies = []
    for answer in exchange(port, iter(requests), connections):
        if not answer.is_success:
            raise LoadFailed(port, f"refused a request: {answer.content[:500]!r}")
        bodies.append(answer.body)
    return bodies


def summary(latencies: list[float], failures: int, seconds: float, own_s: float) -> Load:
    latencies.sort()
    return Load(
        requests=len(latencies),
        failures=failures,
        seconds=seconds,
        p50_ms=percentile(latencies, 0.50) * 1000,
        p99_ms=percentile(latencies, 0.99) * 1000,
        own_us=own_s * 1e6,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least value that is not below this share of all; nan if there are none."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")


def exchange(port: int, requests: Iterator[bytes], connections: int) -> Iterator[Answer]:
    """Keep each connection busy until there are no more requests and no more answers to come."""
    busy: dict[int, Connection] = {}
    with select.epoll() as ready:
        try:
            for _ in range(connections):
                _next(Connection(port), requests, busy, ready)
            while busy:
                events = ready.poll(ANSWER_TIMEOUT_S)
                if not events:
                    raise LoadFailed(port, f"did not answer within {ANSWER_TIMEOUT_S:g} s")
                for number, _ in events:
                    connection = busy[number]
                    content = connection.receive()
                    if content is None:
                        continue
                    yield Answer(connection.sent, time.perf_counter(), content)
                    if not content:
                        del busy[number]
                        connection = Connection(port)
                    _next(connection, requests, busy, ready)
        finally:
            for connection in busy.values():
                connection.close()


class Connection:
    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_connection((HOST, port), timeout=ANSWER_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._received = b""
        self.number = self._socket.fileno()
        self.sent = 0.0

    def send(self, request: bytes) -> None:
        self.sent = time.perf_counter()
        self._socket.sendall(request)

    def receive(self) -> bytes | None:
        """The answer if it is whole, empty if there will be none, None if there is more to come."""
        try:
            received = self._socket.recv(RECEIVE_BYTES)
        except ConnectionError:
            received = b""
        if not received:
            self.close()
            return b""
        content = self._received + received
        if not self._is_whole(content):
            self._received = content
            return None
        self._received = b""
        return content

    def close(self) -> None:
        self._socket.close()

    def _is_whole(self, content: bytes) -> bool:
        head_end = content.find(_HEAD_END)
        if head_end < 0:
            return False
        length = _LENGTH.search(content, 0, head_end)
        if length is not None:
            return len(content) - head_end - len(_HEAD_END) >= int(length[1])
        if content[9:12] in _WITHOUT_BODY:
            return True
        raise LoadFailed(self._port, f"answers without a Content-Length: {content[:500]!r}")


def ignore_interrupts() -> None:
    """Ctrl-C is for the benchmark, which then ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _next(connection: Connection, requests: Iterator[bytes], busy: dict[int, Connection], ready: select.epoll) -> None:
    """Send the next request; without one, let the connection go."""
    request = next(requests, None)
    if request is None:
        busy.pop(connection.number, None)
        connection.close()
        return
    if connection.number not in busy:
        busy[connection.number] = connection
        ready.register(connection.number, select.EPOLLIN)
    connection.send(request)
