"""The most that a server pushes: many subscribers, while writes come as fast as they are answered."""

from collections.abc import Sequence

from benchmarks.streams.delivery import Found
from benchmarks.streams.lab import OUT, PREFECT_COUNT, STREAM, Contender, Lab, on_out, on_stream, stretch
from benchmarks.streams.turns import FAULTS, MISSING, READERS_CPU, SERVER_CPU, Case, Column, in_turn, table_of
from benchmarks.streams.writes import Writes

FAN_OUT = "Fan-out"
COUNTS = (100, 1000)
SINGLE = Writes(connections=1)
BATCHES = Writes(per_request=500, connections=2)
OUT_BATCHES = Writes(per_request=100, connections=1)

NAMES = ("stream", "contender", "events per request", "subscribers")
COLUMNS = [
    Column("requests/s", lambda each: each.written.per_second),
    Column("frames/s", lambda each: each.frames_per_second),
    Column("events/frame", lambda each: each.events_per_frame, digits=1),
    Column("events/s", lambda each: each.events_per_second),
    Column("MB/s", lambda each: each.mb_per_second),
    SERVER_CPU,
    Column("frames per CPU s", lambda each: each.frames_per_second / max(each.server_cpu, 0.01)),
    Column("events per CPU s", lambda each: each.events_per_second / max(each.server_cpu, 0.01)),
    READERS_CPU,
    MISSING,
    FAULTS,
]


def fan_out(lab: Lab, digsite: Contender, prefects: Sequence[Contender]) -> Found:
    cases = [case(lab, digsite, count, writes) for count in COUNTS for writes in (SINGLE, BATCHES)]
    cases += [out_case(lab, contender, PREFECT_COUNT) for contender in (digsite, *prefects)]
    cases += [out_case(lab, digsite, count) for count in COUNTS]
    measurements = in_turn(lab, FAN_OUT, cases)
    return table_of(FAN_OUT, NAMES, COLUMNS, measurements), measurements


def case(lab: Lab, contender: Contender, count: int, writes: Writes) -> Case:
    return Case(
        (STREAM, contender.name, f"{writes.per_request:,}", f"{count:,}"),
        lambda: stretch(lab, contender, on_stream(contender.pushing.port, count), writes),
    )


def out_case(lab: Lab, contender: Contender, count: int) -> Case:
    """Each event is a frame of its own there, however they were written."""
    return Case(
        (OUT, contender.name, f"{OUT_BATCHES.per_request:,}", f"{count:,}"),
        lambda: stretch(lab, contender, on_out(contender.pushing.port, count), OUT_BATCHES),
    )
