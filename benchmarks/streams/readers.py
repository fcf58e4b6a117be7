"""The readers: all subscribers of a stretch, on one epoll loop in a process of its own, which reads all the time."""

import resource
import select
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from msgspec import Struct

from benchmarks.load import ANSWER_TIMEOUT_S, LoadFailed
from benchmarks.streams.subscriber import Subscriber, Subscription, since_append_s, since_send_s
from benchmarks.streams.telling import Listener, Unexpected

OPENED_AT_ONCE = 100
"""Sockets that are opened before their answers are awaited: fewer than a server lets wait to be accepted."""
CALM_S = 0.2
"""How long nothing may come before a stretch begins."""
SILENCE_S = 4.0
"""After how long a silence nothing more is expected."""
POLL_S = 0.05


class ReadersFailed(Exception):
    """What the readers met, as a sentence."""


class Reading(Struct, frozen=True, kw_only=True):
    """What all subscribers together got, from `begin` to the last of it."""

    subscribers: int
    frames: int
    events: int
    size_bytes: int
    seconds: float
    missing: int
    """Events that were expected and did not come in time."""
    gaps: int
    """Frames that did not go on where the one before ended."""
    closed: int
    """Subscribers whose socket the server closed."""
    positions: list[int]
    """Where the subscribers stand: one position, if all were told the same. Empty for `/events/out`."""
    append_s: list[float]
    """From recording to arrival, for each event of each probe."""
    send_s: list[float]
    """From the request's sending to arrival."""
    own_s: float
    """CPU time of the readers themselves."""


class Readers:
    """The process, as the benchmark speaks to it. Between two calls it reads on."""

    def __init__(self, pipe: "Connection[Any, Any]") -> None:
        self._pipe = pipe

    def open(self, subscriptions: Sequence[Subscription]) -> None:
        """Open all sockets, and count from zero. Raises ReadersFailed."""
        self._call("open", subscriptions)

    def are_told(self) -> bool:
        """Whether every subscriber got a first frame."""
        return bool(self._call("are_told"))

    def begin(self) -> None:
        """When nothing comes any more, count from zero."""
        self._call("begin")

    def finish(self, expected: int, timeout_s: float) -> Reading:
        """Wait for this many events, all subscribers' taken together; what came. Raises ReadersFailed."""
        reading: Reading = self._call("finish", expected, timeout_s)
        return reading

    def stall(self) -> None:
        """Read nothing from now on."""
        self._call("stall")

    def resume(self, count: int) -> None:
        """Let so many read on, and count from zero. The others are closed."""
        self._call("resume", count)

    def close(self) -> None:
        """Close all sockets."""
        self._call("close")

    def _call(self, name: str, *arguments: Any) -> Any:
        self._pipe.send((name, arguments))
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def readers() -> Iterator[Readers]:
    """Start the process; it ends with the block."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    there.close()
    try:
        yield Readers(here)
    finally:
        here.close()
        process.join(ANSWER_TIMEOUT_S)
        process.kill()


def _serve(pipe: "Connection[Any, Any]") -> None:
    """Do what is asked, and read in between, until the benchmark closes its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop = _Loop(pipe.fileno())
    with suppress(EOFError):
        while True:
            fault = _fault(loop)
            name, arguments = pipe.recv()
            pipe.send(fault or _answer(loop, name, arguments))


def _fault(loop: "_Loop") -> Exception | None:
    """Read until the benchmark wants something, or something is wrong."""
    try:
        while not loop.poll(None):
            pass
    except (LoadFailed, Unexpected) as error:
        return ReadersFailed(str(error))
    return None


def _answer(loop: "_Loop", name: str, arguments: Sequence[Any]) -> Any:
    try:
        return getattr(loop, name)(*arguments)
    except (LoadFailed, Unexpected) as error:
        return ReadersFailed(str(error))


class _Loop:
    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._ready = select.epoll()
        self._ready.register(pipe, select.EPOLLIN)
        self._all: dict[int, Subscriber] = {}
        self._listener = Listener()
        self._events = 0
        self._begun = self._last = self._own_begun = 0.0

    def poll(self, timeout_s: float | None) -> bool:
        """Read what has come, or comes in time; whether the benchmark wants something."""
        wanted = False
        ready = self._ready.poll(timeout_s)
        for number, _ in ready:
            if number == self._pipe:
                wanted = True
                continue
            subscriber = self._all[number]
            self._events += subscriber.receive()
            if subscriber.is_closed:
                self._ready.unregister(number)
            self._last = time.perf_counter()
        return wanted

    def open(self, subscriptions: Sequence[Subscription]) -> None:
        self._count_from_zero()
        for first in range(0, len(subscriptions), OPENED_AT_ONCE):
            group = [Subscriber(each, self._listener) for each in subscriptions[first : first + OPENED_AT_ONCE]]
            for subscriber in group:
                self._all[subscriber.number] = subscriber
                self._ready.register(subscriber.number, select.EPOLLIN)
            deadline = time.perf_counter() + ANSWER_TIMEOUT_S
            while not all(each.is_open for each in group):
                self.poll(POLL_S)
                if time.perf_counter() > deadline or any(each.is_closed for each in group):
                    raise LoadFailed(group[0].subscription.port, "does not open a socket")

    def are_told(self) -> bool:
        return all(each.is_told for each in self._all.values())

    def begin(self) -> None:
        self._last = time.perf_counter()
        while time.perf_counter() - self._last < CALM_S:
            self.poll(POLL_S)
        self._count_from_zero()

    def finish(self, expected: int, timeout_s: float) -> Reading:
        deadline = time.perf_counter() + timeout_s
        while self._events < expected and time.perf_counter() < min(deadline, self._last + SILENCE_S):
            self.poll(POLL_S)
        own_s = time.process_time() - self._own_begun
        found = list(self._all.values())
        arrivals = [arrival for each in found for arrival in each.arrivals]
        return Reading(
            subscribers=len(found),
            frames=sum(each.frames for each in found),
            events=self._events,
            size_bytes=sum(each.size_bytes for each in found),
            seconds=self._last - self._begun,
            missing=max(0, expected - self._events),
            gaps=sum(each.gaps for each in found),
            closed=sum(each.is_closed for each in found),
            positions=sorted({int(each.position) for each in found if each.position}),
            append_s=sorted(since_append_s(arrivals)),
            send_s=sorted(since_send_s(arrivals)),
            own_s=own_s,
        )

    def stall(self) -> None:
        for number in self._all:
            self._ready.unregister(number)

    def resume(self, count: int) -> None:
        kept = dict(list(self._all.items())[:count])
        for number, subscriber in self._all.items():
            if number not in kept:
                subscriber.close()
        self._all = kept
        self._count_from_zero()
        for number in kept:
            self._ready.register(number, select.EPOLLIN)

    def close(self) -> None:
        for subscriber in self._all.values():
            subscriber.close()
        self._all = {}

    def _count_from_zero(self) -> None:
        for subscriber in self._all.values():
            subscriber.forget()
        self._events = 0
        self._begun = self._last = time.perf_counter()
        self._own_begun = time.process_time()
