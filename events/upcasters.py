"""Upcasters: an old stored body becomes today's when it is read, one step per version. What is stored never changes.

    version 1 ─ step ─► version 2 ─ step ─► ... ─► today's, as the catalog says

A kind that the catalog does not know passes through untouched: it is a client's own.
"""

from collections.abc import Callable, Mapping, Sequence

from events import old_forms
from events.catalog import CATALOG, KINDS, Kind
from events.event import Event

Upcaster = Callable[[str], str]
"""From a body of version n to the same of version n + 1, as JSON text. Pure."""

Upcasters = Mapping[tuple[str, int], Upcaster]
"""By the kind, and the version that the upcaster starts from."""

UPCASTERS: Upcasters = {
    ("digsite.flow-run.observed", 1): old_forms.observation_2,
    ("digsite.task-run.observed", 1): old_forms.observation_2,
    ("digsite.flow.observed", 1): old_forms.observation_2,
    ("digsite.deployment.observed", 1): old_forms.observation_2,
}


class MissingUpcaster(Exception):
    """A kind has a version from which no step leads on."""

    def __init__(self, kind: str, version: int) -> None:
        super().__init__(f"No upcaster takes {kind} from version {version} to {version + 1}.")
        self.kind, self.version = kind, version


class SharedBody(Exception):
    """A kind has a later version, though others point at its bodies, who know nothing of versions."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"The bodies of {kind} are read by their position, without their kind: their form may get fields, and its "
            "version stays 1."
        )
        self.kind = kind


class LaterForm(Exception):
    """The event was recorded by a later version of Digsite, in a form that this one cannot read."""

    def __init__(self, kind: str, version: int, known: int) -> None:
        super().__init__(
            f"There is an event {kind} in version {version}, and this version of Digsite reads up to {known}: "
            "upgrade it. Newer processes over the same database go on."
        )
        self.kind, self.version, self.known = kind, version, known


def current(event: Event) -> str | None:
    """The body in today's form, for whoever decodes it; None: there is none. Raises LaterForm."""
    known = CATALOG.get(event.kind)
    if known is not None and event.schema_version > known.schema_version:
        raise LaterForm(event.kind, event.schema_version, known.schema_version)
    return None if event.content is None else upcast(event.kind, event.schema_version, event.content)


def upcast(kind: str, version: int, content: str, upcasters: Upcasters = UPCASTERS) -> str:
    """The body in today's form. One of a later version stays as it is: who only passes it on need not read it."""
    while (step := upcasters.get((kind, version))) is not None:
        content, version = step(content), version + 1
    return content


def check(kinds: Sequence[Kind] = KINDS, upcasters: Upcasters = UPCASTERS) -> None:
    """Make sure that every old version has its step. Raises MissingUpcaster, SharedBody."""
    for kind in kinds:
        if kind.is_shared and kind.schema_version > 1:
            raise SharedBody(kind.name)
        for version in range(1, kind.schema_version):
            if (kind.name, version) not in upcasters:
                raise MissingUpcaster(kind.name, version)
