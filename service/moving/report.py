"""The report: what came of an import, or would come."""

from collections import Counter

from msgspec import Struct, field

from events.event import Micros
from service.moving.prefect import PrefectArtifact

NAMED_MAX = 20
"""How many of what is to be told are named. Of all others only the number is said."""


class Named(Struct):
    """How many there are, and the names of the first."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.names) < NAMED_MAX:
            self.names.append(name)


class Report(Struct):
    """Of a dry run: what would come."""

    new: int = 0
    changed: int = 0
    """Brought before, and changed at Prefect since."""
    known: int = 0
    results: int = 0
    """What the server made for itself, and is left out."""
    exported: int = 0
    """What an export from this log has made there, and is left out."""
    events: int = 0
    """Of artifacts and collections. A dry run counts those of artifacts."""
    asset_events: int = 0
    known_asset_events: int = 0
    characters: int = 0
    first: Micros | None = None
    last: Micros | None = None
    types: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    flawed: Named = field(default_factory=Named)
    """What cannot be brought, and why."""
    left: Named = field(default_factory=Named)
    """What was changed or deleted here since."""
    gone: Named = field(default_factory=Named)
    """What Prefect has events of and nothing else."""

    @property
    def seen(self) -> int:
        left_out = self.results + self.exported + self.flawed.count + self.left.count
        return self.new + self.changed + self.known + left_out

    def take(self, artifact: PrefectArtifact, *, is_new: bool) -> None:
        """An artifact that is brought, or would be."""
        self.new += is_new
        self.changed += not is_new
        self.characters += artifact.size_bytes
        self.first = min(self.first or artifact.created, artifact.created)
        self.last = max(self.last or artifact.created, artifact.created)
        self.types[artifact.type or "none"] += 1
        if artifact.key is not None:
            self.keys.add(artifact.key)
