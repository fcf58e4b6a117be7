"""A stream is the history of one thing; a writer may say which version of it they have seen."""

from enum import Enum
from typing import TypeAlias

from msgspec import Struct


class StreamId(Struct, frozen=True):
    """The name of a stream: a category (`artifact`) and an id within it. Written `artifact/{id}`."""

    category: str
    id: str

    def __str__(self) -> str:
        return f"{self.category}/{self.id}"


class ExpectedState(Enum):
    """What a writer expects of a stream when it names no version."""

    NO_STREAM = "no stream"
    STREAM_EXISTS = "an existing stream"
    ANY = "any version"


NO_STREAM = ExpectedState.NO_STREAM
STREAM_EXISTS = ExpectedState.STREAM_EXISTS
ANY = ExpectedState.ANY

Expected: TypeAlias = int | ExpectedState


def meets(expected: Expected, version: int) -> bool:
    """Tell whether a stream at `version` (0: it has no events) is what the writer expected."""
    match expected:
        case ExpectedState.ANY:
            return True
        case ExpectedState.NO_STREAM:
            return version == 0
        case ExpectedState.STREAM_EXISTS:
            return version > 0
        case int():
            return version == expected


RESOURCE = "resource"
"""The category of the streams of all that the service itself does not keep."""
PIN = "pin"
"""The category of the streams in which artifacts are pinned, each named by its artifact."""
_OWN = (
    ("prefect.artifact.", "artifact"),
    ("prefect.artifact.", PIN),
    ("prefect.artifact-collection.", "artifact-collection"),
)


def stream_of_outside(resource_id: str) -> StreamId:
    """The stream of an event from outside: that of the resource it is about."""
    return StreamId(RESOURCE, resource_id)


def streams_of(resource_id: str) -> list[StreamId]:
    """The streams in which events about a resource can stand: those from outside, and the service's own."""
    own = [
        StreamId(category, resource_id.removeprefix(prefix))
        for prefix, category in _OWN
        if resource_id.startswith(prefix)
    ]
    return [stream_of_outside(resource_id), *own]
