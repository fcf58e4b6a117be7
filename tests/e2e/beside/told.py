"""What the scripts of flows print, and how it is compared with what was recorded."""

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from tests.e2e.beside.sides import Event

CREATED = ["artifact.created", "artifact-collection.created"]
NEXT_CREATED = ["artifact.created", "artifact-collection.updated"]

_INFORMATION = re.compile(r"^\d\d:\d\d:\d\d\.\d{3} \| (INFO|DEBUG) ")
_DEPRECATED = re.compile(r": FutureWarning: Artifact creation outside of a flow or task run is deprecated")
_WHERE = re.compile(r"^  warnings\.warn\($")
_DRAINING = re.compile(r"EventsWorker - Still processing items: \d+ items remaining\.\.\.$")
"""A program that ends at once on a busy machine waits for its last events, and says so."""


class Note(Struct, frozen=True):
    """An artifact, and the runs in which it was made, as these saw themselves."""

    id: str
    flow_run_id: str | None
    task_run_id: str | None


class Run(Struct, frozen=True):
    """A flow's run, and the artifacts that were made in it."""

    flow_run_id: str | None
    notes: list[Note]


def kinds_about(events: Iterable[Event], artifact_id: str) -> list[str]:
    """The kinds of an artifact's events and of those by which it became the latest of its key, without `prefect.`."""
    artifact = f"prefect.artifact.{artifact_id}"
    return [
        each["event"].removeprefix("prefect.")
        for each in events
        if each["resource"]["prefect.resource.id"] == artifact
        or {"prefect.resource.id": artifact, "prefect.resource.role": "latest"} in each["related"]
    ]


def unexpected(errors: str) -> list[str]:
    """The lines of a client's stderr that should not be there."""
    known = (_INFORMATION, _DEPRECATED, _WHERE, _DRAINING)
    return [line for line in errors.splitlines() if line and not any(each.search(line) for each in known)]


def related(event: Event) -> list[dict[str, Any]]:
    """What an event is related to, in an order of its own."""
    return sorted(event["related"], key=lambda each: (each["prefect.resource.role"], each["prefect.resource.id"]))


def named(event: Event) -> list[dict[str, Any]]:
    """What an event is related to by name."""
    return [each for each in event["related"] if "prefect.resource.name" in each]


def without_name(related: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    """The same without the name of what has this role."""
    without = {"prefect.resource.name"}
    return [
        {name: each[name] for name in each.keys() - without} if each["prefect.resource.role"] == role else each
        for each in related
    ]
