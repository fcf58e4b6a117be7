"""What a subscriber takes of the server's memory: idle, after events were pushed to it, and when it reads no more."""

import time
from collections.abc import Iterator

from msgspec import Struct

from benchmarks.results import Table
from benchmarks.streams.lab import Contender, Lab, head, on_stream, subscribed
from benchmarks.streams.readers import Reading
from benchmarks.streams.writes import Writes, Written, write

MEMORY = "Memory"
STORM_MB = 50
"""What is written while nobody reads, in bytes of frames."""
FRAME_BYTES_PER_ARTIFACT = 2_100
STORM = Writes(kind="artifact", per_request=500, connections=1)
STORM_REQUESTS = STORM_MB * 10**6 // FRAME_BYTES_PER_ARTIFACT // STORM.per_request
TRICKLE = Writes(kind="artifact", per_second=50)
TRICKLE_S = 2.0
RECEIVE_BUFFER_BYTES = 64 * 1024
"""What a client's own kernel takes off the server, who would else hold nothing for a long time."""
RESUMED = 5
"""Stalled subscribers that read on in the end. Each gets all of it: 1,000 would be 50 GB."""
CALM_CPU_S = 0.02
CALM_S = 0.5
TIMEOUT_S = 120.0
STATES = 4
COLUMNS = ("subscribers", "number", "server, MiB", "with one, MiB", "KiB for each", "missing")


class Held(Struct, frozen=True, kw_only=True):
    """Resident memory of a server with many subscribers, and of one with a single subscriber, after all the same."""

    state: str
    subscribers: int
    resident_mib: float
    beside_mib: float
    missing: int

    @property
    def each_kib(self) -> float:
        return (self.resident_mib - self.beside_mib) * 1024 / (self.subscribers - 1)


class State(Struct, frozen=True):
    """How a server is when its subscribers have done something."""

    name: str
    resident_mib: float
    missing: int = 0


def memory(lab: Lab, crowded: Contender, lonely: Contender, count: int) -> tuple[Table, list[Held]]:
    """Both servers are new, and are told the same: what one has more than the other is what subscribers take."""
    task = lab.bars.add_task(MEMORY, total=2 * STATES)

    def advance(state: State) -> State:
        lab.bars.update(task, description=f"{MEMORY}: {state.name}", advance=1)
        return state

    beside = [advance(state) for state in states(lab, lonely, 1)]
    many = [advance(state) for state in states(lab, crowded, count)]
    found = [
        Held(
            state=state.name,
            subscribers=count,
            resident_mib=state.resident_mib,
            beside_mib=other.resident_mib,
            missing=state.missing + other.missing,
        )
        for state, other in zip(many, beside, strict=True)
    ]
    return Table(title=MEMORY, columns=COLUMNS, rows=[row(each) for each in found]), found


def states(lab: Lab, contender: Contender, count: int) -> Iterator[State]:
    """Idle; after events that all have read; after events that nobody read; after some of them read on."""
    port = contender.writing.port
    with subscribed(lab.readers, on_stream(contender.pushing.port, count, RECEIVE_BUFFER_BYTES), port):
        yield state("idle", contender)
        written = lab.aside(write, port, TRICKLE, TRICKLE_S)
        reading = lab.readers.finish(written.requests * TRICKLE.events_per_request * count, TIMEOUT_S)
        yield state("live", contender, lost(reading, contender))
        lab.readers.stall()
        written = storm(lab, contender)
        yield state("stalled", contender)
        resumed = min(RESUMED, count)
        lab.readers.resume(resumed)
        reading = lab.readers.finish(written.requests * STORM.events_per_request * resumed, TIMEOUT_S)
        yield state("resumed", contender, lost(reading, contender))


def state(name: str, contender: Contender, missing: int = 0) -> State:
    calm(contender)
    return State(name, contender.pushing.resident_mib, missing)


def storm(lab: Lab, contender: Contender) -> Written:
    return lab.aside(write, contender.writing.port, STORM, TIMEOUT_S, STORM_REQUESTS)


def lost(reading: Reading, contender: Contender) -> int:
    """Events that did not come, and frames out of line."""
    return reading.missing + reading.gaps + reading.closed + (reading.positions != [head(contender)])


def calm(contender: Contender) -> None:
    """Wait until the server does next to nothing. Not for ever."""
    deadline = time.perf_counter() + TIMEOUT_S
    while time.perf_counter() < deadline:
        before = contender.pushing.cpu_s
        time.sleep(CALM_S)
        if contender.pushing.cpu_s - before <= CALM_CPU_S:
            return


def row(held: Held) -> tuple[str, ...]:
    return (
        held.state,
        f"{held.subscribers:,}",
        f"{held.resident_mib:,.0f}",
        f"{held.beside_mib:,.0f}",
        f"{held.each_kib:,.1f}" if held.state != "resumed" else "-",
        f"{held.missing:,}",
    )
