"""Random histories of artifacts: what many clients might ask for, in chunks that run at the same time."""

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from hypothesis import strategies as st
from msgspec import Struct

from events.errors import EventLogError
from events.writer import Writer
from service.deciding.commands import (
    Command,
    CommandRefused,
    CreateArtifacts,
    DeleteArtifact,
    DeleteCollection,
    ImportArtifacts,
    NewArtifact,
    UpdateArtifact,
)
from service.handler import Answer, created_events
from service.provenance import from_import
from tests.imports import an_artifact, brought

KEYS = ["a", "b", None]


class Step(Struct, frozen=True):
    """One request. `target` picks one of the artifacts made so far."""

    verb: str
    key: str | None
    target: int
    retry: int | None


VERBS = ["create", "create", "create", "batch", "update", "update", "delete", "delete_all"]


def histories_of(verbs: Sequence[str]) -> st.SearchStrategy[list[list[Step]]]:
    """Chunks of steps, each of which runs at once."""
    steps = st.builds(
        Step,
        verb=st.sampled_from(verbs),
        key=st.sampled_from(KEYS),
        target=st.integers(0, 30),
        retry=st.none() | st.integers(0, 3),
    )
    return st.lists(st.lists(steps, min_size=1, max_size=8), min_size=1, max_size=6)


histories = histories_of(VERBS)


class Writing(Protocol):
    """Whoever has a writer: the parts of a server, or less."""

    @property
    def writer(self) -> Writer[Command, Answer]: ...


async def live(parts: Writing, log: str, history: Sequence[Sequence[Step]]) -> None:
    """Let a history happen. Refusals are part of it."""
    made: list[str] = []
    for chunk in history:
        await asyncio.gather(*(_take(parts, log, step, made) for step in chunk))


async def _take(parts: Writing, log: str, step: Step, made: list[str]) -> None:
    command = _command(step, made[step.target % len(made)] if made else "nothing")
    try:
        answer = await parts.writer.submit(log, command)
    except (CommandRefused, EventLogError):
        return
    made.extend(placed.stream.id for placed in created_events(answer))


def _command(step: Step, target: str) -> Command:
    new = NewArtifact(key=step.key, type="t\0", data=str(step.target), flow_run_id="f" if step.target % 2 else None)
    match step.verb:
        case "create":
            key = None if step.retry is None else f"{step.retry}"
            return CreateArtifacts(items=(new,), idempotency_key=key)
        case "batch":
            return CreateArtifacts(items=(new, new, NewArtifact()))
        case "update":
            return UpdateArtifact(id=target, data="7" if step.retry else None, description='"d"')
        case "delete":
            return DeleteArtifact(id=target)
        case "import":
            artifact = an_artifact(step.key, step.target, id=str(UUID(int=step.target + 1)), flow_run_id="f")
            return ImportArtifacts(artifacts=(brought(artifact),), origin=from_import())
        case _:
            return DeleteCollection(key=step.key or "a")
