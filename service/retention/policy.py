"""A policy: which artifacts it covers, and what of them it lets go. Pure.

Of the policies that cover an artifact, the first in the order of their names decides on it.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from events.event import Micros
from projections.artifacts import Artifact

SECOND = 1_000_000


class Policy(Struct, frozen=True, kw_only=True):
    """What is kept of the artifacts that it covers. A rule that is None keeps nothing of its own."""

    name: str
    keys: str | None = None
    """A pattern of keys, with `*` and `?`; None: every artifact, those without a key too."""
    types: tuple[str, ...] | None = None
    """None: every type."""
    keep_for_s: int | None = None
    """Keep a version so long after its last change, and the content of a deleted one so long after its deletion."""
    keep_versions: int | None = None
    """Keep so many of the newest versions of a key."""
    keep_one_in: int | None = None
    """Of the states that a version went through, keep the first, every so many-th from there, and the last."""
    latest_too: bool = False
    """Let the latest version of a key go, too, when its time is over."""

    def covers(self, key: str | None, type: str | None) -> bool:
        has_key = self.keys is None or (key is not None and fnmatchcase(key, self.keys))
        return has_key and (self.types is None or type in self.types)

    def outlives(self, artifact: Artifact, rank: int, moment: Micros) -> bool:
        """Whether each rule that applies lets a version go. `rank`: how many of its key are newer."""
        rules = []
        if self.keep_for_s is not None:
            rules.append(artifact.updated <= moment - self.keep_for_s * SECOND)
        if self.keep_versions is not None and artifact.key is not None:
            rules.append(rank >= self.keep_versions)
        is_latest = artifact.key is not None and rank == 0
        return bool(rules) and all(rules) and (self.latest_too or not is_latest)

    def forgets(self, deleted: Micros, moment: Micros) -> bool:
        """Whether it lets the content of an artifact go that somebody deleted then."""
        return self.keep_for_s is not None and deleted <= moment - self.keep_for_s * SECOND

    def keeps_state(self, version: int, last: int) -> bool:
        """Whether the state that an artifact had at a version is kept, while its last one is `last`."""
        return self.keep_one_in is None or version == last or (version - 1) % self.keep_one_in == 0


def deciding(policies: Sequence[Policy], key: str | None, type: str | None) -> Policy | None:
    """The policy that decides on an artifact, if one covers it. `policies` are in the order of their names."""
    return next((policy for policy in policies if policy.covers(key, type)), None)


class State(Struct, frozen=True):
    """What an artifact was at a version: where its event stands, and the bodies that hold its content."""

    version: int
    position: int
    bodies: tuple[int, ...]


def unneeded(policy: Policy, newest_first: Iterable[State], last: int, kept: set[int]) -> list[int]:
    """The positions of states whose bodies no kept state needs. `kept` gathers what kept ones need, also of later ones.

    A state points back only: its bodies stand at its own position or before it.
    """
    states = list(newest_first)
    for state in states:
        if policy.keeps_state(state.version, last):
            kept.update(state.bodies)
    return [state.position for state in states if state.position not in kept]
