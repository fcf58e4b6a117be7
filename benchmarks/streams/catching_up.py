"""Catching up: one reader, from the first event to the head, by each way that there is."""

import json
import re
import time
from collections.abc import Callable, Sequence
from urllib.parse import quote

from msgspec import Struct

from benchmarks.load import Connection, LoadFailed
from benchmarks.results import Table
from benchmarks.streams.lab import FOR_OUT, OUT, STREAM, Contender, Lab, head
from benchmarks.streams.subscriber import RECEIVED, Subscription
from benchmarks.streams.writes import Writes, write
from benchmarks.workloads import message

CATCH_UP = "Catching up"
FILLING = Writes(kind="artifact", per_request=1000, connections=2)
PAGE_EVENTS = 1000
TIMEOUT_S = 600.0
FILTER = quote(json.dumps({"event": {"prefix": ["prefect.artifact."]}}))
"""Half of the events: not those of the collections."""
COLUMNS = ("way", "contender", "in the log", "delivered", "events/s", "MB/s", "server CPU", "client's CPU", "missing")

_TO = re.compile(rb'"to":(\d+)')


class Caught(Struct, frozen=True, kw_only=True):
    """What one reader got until it was at the head."""

    events: int
    size_bytes: int
    seconds: float
    missing: int
    own_s: float


class Catching(Struct, frozen=True, kw_only=True):
    way: str
    contender: str
    in_log: int
    caught: Caught
    server_cpu: float


Way = Callable[[Lab, Contender, int], Caught]


def catch_up(lab: Lab, digsites: Sequence[Contender], events: int) -> tuple[Table, list[Catching]]:
    """Fill each log, then read it by each way in turn."""
    task = lab.bars.add_task(CATCH_UP, total=len(digsites) * (1 + len(WAYS)))
    for contender in digsites:
        lab.bars.update(task, description=f"{CATCH_UP}: fill {contender.name}")
        lab.aside(write, contender.writing.port, FILLING, TIMEOUT_S, -(-events // FILLING.events_per_request))
        lab.bars.advance(task)
    found = []
    for name, way in WAYS.items():
        for contender in digsites:
            lab.bars.update(task, description=f"{CATCH_UP}: {name}, {contender.name}")
            found.append(catch(lab, contender, name, way))
            lab.bars.advance(task)
    return Table(title=CATCH_UP, columns=COLUMNS, rows=[row(each) for each in found]), found


def catch(lab: Lab, contender: Contender, name: str, way: Way) -> Catching:
    in_log = head(contender)
    cpu_begun = contender.pushing.cpu_s
    caught = way(lab, contender, in_log)
    cpu_s = contender.pushing.cpu_s - cpu_begun
    return Catching(way=name, contender=contender.name, in_log=in_log, caught=caught, server_cpu=cpu_s / caught.seconds)


def row(found: Catching) -> tuple[str, ...]:
    caught = found.caught
    return (
        found.way,
        found.contender,
        f"{found.in_log:,}",
        f"{caught.events:,}",
        f"{caught.events / caught.seconds:,.0f}",
        f"{caught.size_bytes / caught.seconds / 1e6:,.0f}",
        f"{found.server_cpu:.2f}",
        f"{caught.own_s / caught.seconds:.2f}",
        f"{caught.missing:,}",
    )


def by_socket(lab: Lab, contender: Contender, in_log: int) -> Caught:
    path = f"{STREAM}?after=start"
    return listened(lab, Subscription(port=contender.pushing.port, path=path, is_probe=True), in_log)


def by_filtered_socket(lab: Lab, contender: Contender, in_log: int) -> Caught:
    path = f"{STREAM}?after=start&filter={FILTER}"
    return listened(lab, Subscription(port=contender.pushing.port, path=path, is_probe=True), in_log // 2)


def by_out(lab: Lab, contender: Contender, in_log: int) -> Caught:
    """The backfill of Prefect's protocol, a frame for each event."""
    message = FOR_OUT.replace("benchmark.", "prefect.").replace('"backfill": false', '"backfill": true')
    subscription = Subscription(port=contender.pushing.port, path=OUT, message=message, is_probe=True)
    return listened(lab, subscription, in_log)


def by_pages(lab: Lab, contender: Contender, in_log: int) -> Caught:
    return lab.aside(read_pages, contender.pushing.port, in_log)


WAYS: dict[str, Way] = {
    "websocket": by_socket,
    "websocket, filtered": by_filtered_socket,
    OUT: by_out,
    "GET /api/log": by_pages,
}


def listened(lab: Lab, subscription: Subscription, expected: int) -> Caught:
    try:
        lab.readers.open([subscription])
        reading = lab.readers.finish(expected, TIMEOUT_S)
    finally:
        lab.readers.close()
    return Caught(
        events=reading.events,
        size_bytes=reading.size_bytes,
        seconds=reading.seconds,
        missing=reading.missing + reading.gaps,
        own_s=reading.own_s,
    )


def read_pages(port: int, in_log: int) -> Caught:
    """One page after the other, over one connection. Raises LoadFailed."""
    begun, own_begun = time.perf_counter(), time.process_time()
    connection = Connection(port)
    events = size_bytes = to = 0
    while to < in_log:
        connection.send(message("GET", f"/api/log?after={to}&limit={PAGE_EVENTS}"))
        while (content := connection.receive()) is None:
            pass
        found = _TO.search(content)
        if found is None or int(found[1]) <= to:
            raise LoadFailed(port, f"answers a page with {content[:500]!r}")
        to = int(found[1])
        events += len(RECEIVED.findall(content))
        size_bytes += len(content)
    connection.close()
    return Caught(
        events=events,
        size_bytes=size_bytes,
        seconds=time.perf_counter() - begun,
        missing=in_log - events,
        own_s=time.process_time() - own_begun,
    )
