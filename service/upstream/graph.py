"""The graph of a flow run: the upstream draws it, and Digsite's artifacts are put into it on the way.

A graph that cannot be read, or is none, goes on as it is.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec import Raw, Struct
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from events.clock import as_text
from events.payload import ERASED, decode_content
from events.stores.sql import SqlStore
from projections.graph import GRAPH, PROGRESS, GraphArtifact
from service.context import DEFAULT_LOG
from service.json_text import quoted

GRAPH_ARTIFACTS_MAX = 10_000
"""Artifacts of Digsite's that one graph shows, the oldest first, as Prefect's own."""
GRAPH_BYTES_MAX = 64 * 1024 * 1024
"""The largest graph that is read. A larger one goes on as it is."""

_PATH = re.compile(r"/flow_runs/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/graph-v2")

_Fields = dict[str, Raw]
"""An object of which only what changes is read."""


class Placed(Struct):
    """What is read of an artifact in a graph."""

    id: str
    created: datetime


def flow_run_of(path: str) -> str | None:
    """The flow run whose graph is at a path below the API."""
    found = _PATH.fullmatch(path)
    return None if found is None else found[1].lower()


class Graphs:
    """An ASGI application that has graphs drawn by another, and shows Digsite's artifacts in them."""

    def __init__(self, drawing: ASGIApp, root: str, store: SqlStore) -> None:
        self._drawing = drawing
        self._root = root
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises StorageUnavailable, and what drawing raises."""
        if scope["method"] != "GET":
            await self._drawing(scope, receive, send)
            return
        readable = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        drawn = _Drawn(send)
        await self._drawing({**scope, "headers": readable}, receive, drawn.take)
        if drawn.is_held:
            flow_run_id = flow_run_of(scope["path"].removeprefix(self._root))
            await drawn.send_on(with_artifacts(drawn.graph, await self._artifacts(flow_run_id or "")))

    async def _artifacts(self, flow_run_id: str) -> list[GraphArtifact]:
        number = await self._store.log_number(DEFAULT_LOG)
        rows = await self._store.fetch(GRAPH, log=number, flow_run_id=flow_run_id, limit=GRAPH_ARTIFACTS_MAX)
        return [GraphArtifact.from_row(row) for row in rows]


def with_artifacts(graph: bytes, artifacts: Sequence[GraphArtifact]) -> bytes:
    """The graph with these artifacts: each at the task run that made it, or at the flow run itself."""
    of_tasks: dict[str | None, list[GraphArtifact]] = {}
    for artifact in artifacts:
        of_tasks.setdefault(artifact.task_run_id, []).append(artifact)
    try:
        fields = msgspec.json.decode(graph, type=_Fields)
        nodes = msgspec.json.decode(fields["nodes"], type=list[tuple[str, _Fields]])
        _add(fields, of_tasks.get(None, ()))
        for id, node in nodes:
            _add(node, of_tasks.get(id, ()))
        return msgspec.json.encode({**fields, "nodes": nodes})
    except (msgspec.DecodeError, KeyError):
        return graph


def _add(fields: _Fields, artifacts: Iterable[GraphArtifact]) -> None:
    """Put artifacts among those of a graph or a node, in the order of their making. Raises DecodeError, KeyError."""
    theirs = [(msgspec.json.decode(each, type=Placed), each) for each in _items(fields["artifacts"])]
    known = {placed.id for placed, _ in theirs}
    entries = [(placed.created, each) for placed, each in theirs]
    ours = (_entry(artifact) for artifact in artifacts if artifact.id not in known)
    entries += [(msgspec.json.decode(each, type=Placed).created, each) for each in ours]
    entries.sort(key=lambda entry: entry[0])
    fields["artifacts"] = Raw(b"[" + b",".join(bytes(each) for _, each in entries) + b"]")


def _items(array: Raw) -> list[Raw]:
    return msgspec.json.decode(array, type=list[Raw])


def _entry(artifact: GraphArtifact) -> Raw:
    """An artifact in Prefect's words."""
    data = "null"
    if artifact.type == PROGRESS:
        data = bytes(decode_content(artifact.body or ERASED).data).decode()
    is_latest = "true" if artifact.is_latest else "false"
    return Raw(
        f'{{"id":"{artifact.id}","created":"{as_text(artifact.created)}","key":{quoted(artifact.key)},'
        f'"type":{quoted(artifact.type)},"is_latest":{is_latest},"data":{data}}}'.encode()
    )


class _Drawn:
    """An answer that is held back as long as it may be a graph; anything else goes on at once."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._pieces: list[bytes] = []
        self._bytes = 0
        self.is_held = True

    @property
    def graph(self) -> bytes:
        return b"".join(self._pieces)

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            self.is_held = _may_be_graph(message)
        elif self.is_held:
            self._pieces.append(message["body"])
            self._bytes += len(message["body"])
            if self._bytes <= GRAPH_BYTES_MAX:
                return
            self.is_held = False
            await self._send(self._start)
            await self._send({**message, "body": self.graph})
            return
        if not self.is_held:
            await self._send(message)

    async def send_on(self, graph: bytes) -> None:
        MutableHeaders(raw=self._start["headers"])["content-length"] = str(len(graph))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": graph})


def _may_be_graph(start: Message) -> bool:
    headers = dict(start["headers"])
    is_json = headers.get(b"content-type", b"").startswith(b"application/json")
    return start["status"] == 200 and is_json and b"content-encoding" not in headers
