"""What a running server is made of, and how what answers a request comes to it."""

from msgspec import Struct
from starlette.requests import HTTPConnection

from events.feed import Feeds
from events.stores.sql import SqlStore
from events.writer import Writer
from projections.runner import Runner
from service.access import Access
from service.archive.archiving import Archiving
from service.artifacts import Artifacts
from service.bus import Bus
from service.deciding.commands import Command
from service.erasing.erasing import Erasing
from service.events import Events
from service.handler import Answer
from service.mirror.mirror import Mirrors
from service.readers import Readers
from service.retention.retention import Retention
from service.settings import Settings
from service.subscriptions import Subscriptions
from service.upstream.bridge import Bridge
from service.upstream.client import UpstreamClient
from service.upstream.gateway import Gateway
from service.upstream.result_artifacts import ResultArtifacts
from service.upstream.watch import Watch
from service.verification.inspector import Inspector
from service.workers import Workers


class Parts(Struct, frozen=True):
    """What a running server is made of."""

    settings: Settings
    store: SqlStore
    writer: Writer[Command, Answer]
    access: Access
    artifacts: Artifacts
    readers: Readers
    runner: Runner
    workers: Workers
    events: Events
    feeds: Feeds
    subscriptions: Subscriptions
    bus: Bus
    mirrors: Mirrors
    bridge: Bridge
    retention: Retention
    archiving: Archiving
    upstream: UpstreamClient | None
    """The Prefect server behind this one, if there is one."""
    gateway: Gateway | None
    results: ResultArtifacts | None
    watch: Watch
    erasing: Erasing
    inspector: Inspector


def parts_of(connection: HTTPConnection) -> Parts:
    """The parts of the server that this request or socket came to."""
    parts: Parts = connection.app.state.parts
    return parts
