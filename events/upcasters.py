"""Upcasters: an old stored body becomes today's when it is read, one step per version. What is stored never changes.

A kind that the catalog does not know passes through untouched: it is a client's own.
"""

from collections.abc import Callable, Mapping, Sequence

from events.catalog import KINDS, Kind

Upcaster = Callable[[str], str]
"""From a body of version n to the same of version n + 1, as JSON text. Pure."""

Upcasters = Mapping[tuple[str, int], Upcaster]
"""By the kind, and the version that the upcaster starts from."""

UPCASTERS: Upcasters = {}


class MissingUpcaster(Exception):
    """A kind has a version from which no step leads on."""

    def __init__(self, kind: str, version: int) -> None:
        super().__init__(f"No upcaster takes {kind} from version {version} to {version + 1}.")
        self.kind, self.version = kind, version


def upcast(kind: str, version: int, content: str, upcasters: Upcasters = UPCASTERS) -> str:
    """The body in today's form."""
    while (step := upcasters.get((kind, version))) is not None:
        content, version = step(content), version + 1
    return content


def check(kinds: Sequence[Kind] = KINDS, upcasters: Upcasters = UPCASTERS) -> None:
    """Make sure that every old version has its step. Raises MissingUpcaster."""
    for kind in kinds:
        for version in range(1, kind.schema_version):
            if (kind.name, version) not in upcasters:
                raise MissingUpcaster(kind.name, version)
