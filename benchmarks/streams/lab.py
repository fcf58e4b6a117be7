"""The lab: servers, writer and readers of a run, and the stretch that all sections measure with."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct
from rich.progress import Progress

from benchmarks import load
from benchmarks.load import percentile
from benchmarks.servers import Server
from benchmarks.streams.readers import Readers, Reading
from benchmarks.streams.subscriber import Subscription
from benchmarks.streams.writes import Writes, Written, maker, write
from benchmarks.workloads import message

STREAM, OUT = "/api/log/stream", "/api/events/out"
PREFECT_COUNT = 50
"""Subscribers beside Prefect, whose server serves 100 requests at a time and counts each open socket as one."""
PROBES = 10
"""Subscribers whose events are looked at, evenly spread over all."""
FIRST_FRAMES_S = 60.0
"""How long subscribers may take until each of them has a first frame."""
KNOCK_S = 0.05
FOR_OUT = json.dumps(
    {
        "type": "filter",
        "filter": {"event": {"prefix": ["benchmark."]}, "occurred": {"until": "2100-01-01T00:00:00Z"}},
        "backfill": False,
    }
)
"""Without `until`, Prefect sends nothing that comes later; without a prefix, events of its own too."""

T = TypeVar("T")


class Aside(Protocol):
    """Calls a function in a process of its own, and waits for what it returns."""

    def __call__(self, call: Callable[..., T], /, *arguments: object) -> T: ...


class Contender(Struct, frozen=True):
    """A server that takes writes, and the one that pushes them: nearly always the same."""

    name: str
    writing: Server
    pushing: Server


class Lab(Struct, frozen=True):
    """What a run measures with, and how long."""

    readers: Readers
    aside: Aside
    bars: Progress
    seconds: float
    rounds: int
    drain_s: float
    """How long is waited for events after the last write."""


class Stretch(Struct, frozen=True, kw_only=True):
    """What came of one stretch: writes, and the subscribers that they were pushed to."""

    written: Written
    subscribers: int
    frames_per_second: float
    events_per_second: float
    mb_per_second: float
    events_per_frame: float
    seconds: float
    """From the first write to the last event."""
    missing: int
    gaps: int
    closed: int
    is_together: bool
    """Whether all subscribers stand at the same position, the head. Said of those without a filter."""
    append_ms: list[float]
    """From recording to arrival: p50, p99, p99.9."""
    send_ms: list[float]
    """From the request's sending to arrival: p50, p99, p99.9."""
    samples: int
    server_cpu: float
    """Cores that the pushing server kept busy."""
    readers_cpu: float


@contextmanager
def aside() -> Iterator[Aside]:
    """The process that writes and asks."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=load.ignore_interrupts) as process:

        def call(function: Callable[..., T], /, *arguments: object) -> T:
            return process.submit(function, *arguments).result()

        call(time.sleep, 0)  # it takes a while to start
        yield call


def on_stream(port: int, count: int, receive_buffer_bytes: int = 0) -> list[Subscription]:
    """Subscribers of Digsite's own stream, from the head on."""
    probed = probes(count)
    path = f"{STREAM}?after=head"
    return [
        Subscription(port=port, path=path, is_probe=each in probed, receive_buffer_bytes=receive_buffer_bytes)
        for each in range(count)
    ]


def on_out(port: int, count: int) -> list[Subscription]:
    """Subscribers of Prefect's stream, for what is new."""
    probed = probes(count)
    return [Subscription(port=port, path=OUT, message=FOR_OUT, is_probe=each in probed) for each in range(count)]


def probes(count: int) -> set[int]:
    return {number * count // PROBES for number in range(PROBES)}


def stretch(
    lab: Lab, contender: Contender, subscriptions: Sequence[Subscription], writes: Writes, *, copies: int | None = None
) -> Stretch:
    """Write while all read; what came of it. `copies`: subscribers that each event goes to; None: all of them.

    Raises LoadFailed, ReadersFailed.
    """
    with subscribed(lab.readers, subscriptions, contender.writing.port):
        cpu_begun = contender.pushing.cpu_s
        written = lab.aside(write, contender.writing.port, writes, lab.seconds)
        events = written.requests * writes.events_per_request
        expected = events * (len(subscriptions) if copies is None else copies)
        reading = lab.readers.finish(expected, lab.drain_s)
        cpu_s = contender.pushing.cpu_s - cpu_begun
        is_together = copies is not None or not reading.positions or reading.positions == [head(contender)]
    return summary(written, reading, cpu_s, is_together)


@contextmanager
def subscribed(readers: Readers, subscriptions: Sequence[Subscription], port: int) -> Iterator[None]:
    """All of them hear what is written from now on: each has had a first frame.

    Prefect does not say when it is ready. So events are written until everyone has heard of one.
    """
    try:
        readers.open(subscriptions)
        deadline = time.perf_counter() + FIRST_FRAMES_S
        while not readers.are_told():
            if time.perf_counter() > deadline:
                raise load.LoadFailed(port, "does not tell its subscribers anything")
            load.ask(port, [maker(Writes())(0)], 1)
            time.sleep(KNOCK_S)
        readers.begin()
        yield
    finally:
        readers.close()


def head(contender: Contender) -> int:
    """The position at which the log ends."""
    [body] = load.ask(contender.writing.port, [message("GET", "/api/log/head")], 1)
    found: dict[str, Any] = msgspec.json.decode(body)
    return int(found["position"])


def summary(written: Written, reading: Reading, cpu_s: float, is_together: bool) -> Stretch:
    seconds = max(reading.seconds, 1e-9)
    return Stretch(
        written=written,
        subscribers=reading.subscribers,
        frames_per_second=reading.frames / seconds,
        events_per_second=reading.events / seconds,
        mb_per_second=reading.size_bytes / seconds / 1e6,
        events_per_frame=reading.events / max(1, reading.frames),
        seconds=reading.seconds,
        missing=reading.missing,
        gaps=reading.gaps,
        closed=reading.closed,
        is_together=is_together,
        append_ms=percentiles_ms(reading.append_s),
        send_ms=percentiles_ms(reading.send_s),
        samples=len(reading.append_s),
        server_cpu=cpu_s / seconds,
        readers_cpu=reading.own_s / seconds,
    )


def percentiles_ms(ordered_s: Sequence[float]) -> list[float]:
    return [percentile(ordered_s, share) * 1000 for share in (0.50, 0.99, 0.999)]
