"""What the server counts, and what it measures when it is asked: in Prometheus' form."""

from collections import Counter as Counted
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

from prometheus_client import REGISTRY, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from events.feed import Feeds, Follower
from events.stores.sql import SqlStore
from events.subscriptions.registry import standings
from events.writer import Writer
from projections.checkpoints import PREVIOUS, states
from service.deciding.commands import Command
from service.handler import Answer
from service.verification.inspections import Inspection, inspections

EVENTS_RECEIVED = Counter("digsite_events_received", "Events that clients sent, echoes and repetitions among them.")
EVENTS_REFUSED = Counter("digsite_events_refused", "Events that clients sent over a socket in vain.", ["reason"])

FOLLOWERS_SHOWN_MAX = 200
"""Live subscribers with a measurement of their own: those that are furthest behind."""

Sample = tuple[Sequence[str], float]


async def exposition(store: SqlStore, writer: Writer[Command, Answer], feeds: Feeds) -> bytes:
    """All of it as text. Raises StorageUnavailable."""
    registry = CollectorRegistry()
    registry.register(_Gauges([metric async for metric in _measured(store, writer, feeds)]))
    return generate_latest(REGISTRY) + generate_latest(registry)


async def _measured(store: SqlStore, writer: Writer[Command, Answer], feeds: Feeds) -> AsyncIterator[Metric]:
    logs = await store.logs()
    heads = {log: (await store.head(log)).position for log in logs}
    yield _gauge("digsite_log_head", "The last position.", ["log"], [([log], head) for log, head in heads.items()])
    yield _gauge("digsite_writer_waiting", "Writes that wait for their transaction.", [], [([], writer.waiting)])
    for metric in _of_followers(feeds.followers()):
        yield metric
    projections = [state for log in logs for state in await states(store, log)]
    yield _gauge(
        "digsite_projection_lag",
        "Events that a catch-up projection has not folded yet.",
        ["log", "projection", "generation"],
        [
            ([each.log, each.projection, str(each.generation)], each.lag)
            for each in projections
            if each.owner != PREVIOUS
        ],
    )
    for metric in _of_inspections(await inspections(store)):
        yield metric
    named = [(log, each) for log in logs for each in await standings(store, log)]
    for name, meaning in (
        ("lag", "Positions between the end of the log and what a named subscription has settled."),
        ("outstanding", "Deliveries of a named subscription that are not settled yet."),
        ("parked", "Deliveries of a named subscription that were given up."),
    ):
        samples = [([log, each.subscription.name], float(getattr(each, name))) for log, each in named]
        yield _gauge(f"digsite_subscription_{name}", meaning, ["log", "name"], samples)


def _of_inspections(found: Mapping[str, Inspection]) -> Iterable[Metric]:
    yield _gauge(
        "digsite_log_faults",
        "Faults that the inspector has found in its last round.",
        ["log"],
        [([log], each.faults) for log, each in found.items()],
    )
    yield _gauge(
        "digsite_log_verified_timestamp_seconds",
        "When the inspector's last round ended.",
        ["log"],
        [([log], each.ended / 1_000_000) for log, each in found.items() if each.ended is not None],
    )


def _of_followers(followers: Sequence[Follower]) -> Iterable[Metric]:
    counts = Counted((each.log, each.about.kind) for each in followers)
    yield _gauge("digsite_followers", "Live subscribers.", ["log", "kind"], [(key, n) for key, n in counts.items()])
    furthest = sorted(followers, key=lambda each: each.lag, reverse=True)[:FOLLOWERS_SHOWN_MAX]
    yield _gauge(
        "digsite_follower_lag",
        f"Positions that a live subscriber is behind; the {FOLLOWERS_SHOWN_MAX} that are furthest.",
        ["log", "kind", "number", "actor"],
        [([each.log, each.about.kind, str(each.number), each.about.actor], each.lag) for each in furthest],
    )


def _gauge(name: str, meaning: str, labels: Sequence[str], samples: Iterable[Sample]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


class _Gauges:
    """What was measured, as a collector."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics
