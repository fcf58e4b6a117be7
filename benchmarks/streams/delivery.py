"""How soon an event comes: from its recording, and from its request's sending, to the subscriber's socket."""

import json
from collections.abc import Sequence
from urllib.parse import quote

from benchmarks.results import Table
from benchmarks.streams.lab import OUT, PREFECT_COUNT, STREAM, Contender, Lab, on_out, on_stream, stretch
from benchmarks.streams.subscriber import Subscription
from benchmarks.streams.turns import (
    FAULTS,
    MISSING,
    READERS_CPU,
    SERVER_CPU,
    Case,
    Column,
    Measurement,
    in_turn,
    percentile_of,
    table_of,
)
from benchmarks.streams.writes import Writes

DELIVERY, FILTERS, PROCESSES = "Delivery", "Distinct filters", "Several processes"
GRID = [(rate, count) for count in (1, 100, 1000) for rate in (10, 100, 500, 1000)]
SOME = [(100, 1), (100, 100), (500, 100), (1000, 100)]
"""Writes a second, and subscribers: where Digsite on another database stands beside."""
BESIDE_PREFECT = [(100, 1), (100, PREFECT_COUNT), (500, PREFECT_COUNT)]
BETWEEN = [(10, 100), (100, 100), (500, 100)]
FILTERED = (100, 1000)
"""How many subscribers with a filter of their own."""
FILTERED_PER_SECOND = 100

NAMES = ("stream", "contender", "writes/s", "subscribers")
COLUMNS = [
    Column("written/s", lambda each: each.written.per_second),
    *percentile_of("append", lambda each: each.append_ms),
    *percentile_of("send", lambda each: each.send_ms),
    SERVER_CPU,
    READERS_CPU,
    MISSING,
    FAULTS,
]

Found = tuple[Table, list[Measurement]]


def delivery(lab: Lab, digsites: Sequence[Contender], prefects: Sequence[Contender]) -> Found:
    """The first of `digsites` at each point of the grid, the others at some; and Prefect's stream."""
    first, *others = digsites
    cases = [
        on_own_stream(lab, contender, rate, count)
        for rate, count in GRID
        for contender in ([first, *others] if (rate, count) in SOME else [first])
    ]
    cases += [
        on_prefects(lab, contender, rate, count) for rate, count in BESIDE_PREFECT for contender in (first, *prefects)
    ]
    return told(lab, DELIVERY, cases)


def processes(lab: Lab, pairs: Sequence[Contender]) -> Found:
    """Written on one server, pushed by another on the same database."""
    return told(lab, PROCESSES, [on_own_stream(lab, pair, rate, count) for rate, count in BETWEEN for pair in pairs])


def filters(lab: Lab, contender: Contender) -> Found:
    """Each event goes to one of the subscribers: the others' filters leave it out."""
    return told(lab, FILTERS, [filtered(lab, contender, count) for count in FILTERED])


def told(lab: Lab, title: str, cases: Sequence[Case]) -> Found:
    measurements = in_turn(lab, title, cases)
    return table_of(title, NAMES, COLUMNS, measurements), measurements


def on_own_stream(lab: Lab, contender: Contender, rate: int, count: int) -> Case:
    """Artifacts of 1 KiB of Markdown, two events each."""
    writes = Writes(kind="artifact", per_second=rate)
    return Case(
        (STREAM, contender.name, f"{rate:,}", f"{count:,}"),
        lambda: stretch(lab, contender, on_stream(contender.pushing.port, count), writes),
    )


def on_prefects(lab: Lab, contender: Contender, rate: int, count: int) -> Case:
    """Events from outside, for which both have the same route."""
    return Case(
        (OUT, contender.name, f"{rate:,}", f"{count:,}"),
        lambda: stretch(lab, contender, on_out(contender.pushing.port, count), Writes(per_second=rate)),
    )


def filtered(lab: Lab, contender: Contender, count: int) -> Case:
    subscriptions = [
        Subscription(port=contender.pushing.port, path=f"{STREAM}?after=head&filter={own(number)}", is_probe=True)
        for number in range(count)
    ]
    writes = Writes(per_second=FILTERED_PER_SECOND, labels=count)
    return Case(
        ("own filters", contender.name, f"{FILTERED_PER_SECOND:,}", f"{count:,}"),
        lambda: stretch(lab, contender, subscriptions, writes, copies=1),
    )


def own(number: int) -> str:
    """A filter that lets through what has this label: half of them ask for a name's beginning, half for the label."""
    by_name = {"event": {"prefix": [f"benchmark.{number}."]}}
    by_label = {"resource": {"labels": {"prefect.resource.name": [f"thing-{number}"]}}}
    return quote(json.dumps(by_name if number % 2 else by_label))
