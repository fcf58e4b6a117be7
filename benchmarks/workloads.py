"""The workloads: what is asked of every contender, as the bytes of HTTP requests."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from benchmarks.load import Ask

KEYS = 1_000
PROGRESS_ARTIFACTS = 200
BATCH = 100
"""Artifacts in one batch request."""
PAGE = 5
"""Artifacts in one answer of a listing."""

MARKDOWN = ("# Daily report\n\n| table | rows | errors |\n| --- | --- | --- |\n" + "| orders | 1200 | 0 |\n" * 64)[
    :1024
]
"""1 KiB of Markdown."""


class Workload(Struct, frozen=True, kw_only=True):
    name: str
    requests: Callable[[Sequence[str]], list[bytes]]
    """The requests, which are sent round and round; from the ids of progress artifacts."""
    artifacts_per_request: int = 1
    is_digsites_own: bool = False
    """Whether no other contender offers it."""


def prime(ask: Ask, port: int, connections: int) -> list[str]:
    """Give every key its first version, and make progress artifacts. Returns the ids of those."""
    ask(port, creates(), connections)
    bars = [
        request("POST", "/", {"key": f"progress-{number}", "type": "progress", "data": 0.0})
        for number in range(PROGRESS_ARTIFACTS)
    ]
    return [json.loads(body)["id"] for body in ask(port, bars, connections)]


def creates(_: Sequence[str] = ()) -> list[bytes]:
    return [request("POST", "/", artifact(number)) for number in range(KEYS)]


def batches(_: Sequence[str]) -> list[bytes]:
    return [
        request("POST", "/batch", {"artifacts": [artifact(number) for number in range(first, first + BATCH)]})
        for first in range(0, KEYS, BATCH)
    ]


def latest(_: Sequence[str]) -> list[bytes]:
    return [request("GET", f"/{key(number)}/latest") for number in range(KEYS)]


def newest(_: Sequence[str]) -> list[bytes]:
    return [request("POST", "/filter", {"sort": "CREATED_DESC", "limit": PAGE, "offset": 0})]


def progress(ids: Sequence[str]) -> list[bytes]:
    return [request("PATCH", f"/{id}", {"data": float(number % 100)}) for number, id in enumerate(ids)]


CREATE = Workload(name="create", requests=creates)
BATCH_CREATE = Workload(name="batch create", requests=batches, artifacts_per_request=BATCH, is_digsites_own=True)
LATEST = Workload(name="latest", requests=latest)
NEWEST = Workload(name="filter newest 5", requests=newest)
PROGRESS = Workload(name="progress PATCH", requests=progress)

WORKLOADS = (CREATE, BATCH_CREATE, LATEST, NEWEST, PROGRESS)


def artifact(number: int) -> dict[str, str]:
    return {"key": key(number), "type": "markdown", "description": "What changed since yesterday", "data": MARKDOWN}


def key(number: int) -> str:
    return f"report-{number % KEYS}"


def request(method: str, path: str, body: Any = None) -> bytes:
    """A request for the artifact routes, as a Prefect client words it."""
    return message(method, f"/api/artifacts{path}", b"" if body is None else compact(body))


def compact(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def message(method: str, path: str, content: bytes = b"") -> bytes:
    """A request for any route."""
    described = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: benchmark\r\n{described}\r\n"
    return head.encode() + content
