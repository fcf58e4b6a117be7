"""The walk: lines become rows again, each only if it is what the chain says that it must be. Pure."""

from operator import attrgetter

import msgspec
from msgspec import Struct

from events import chain
from events.absences import ERASED_RELATED, ERASED_RESOURCE, ERASED_STREAM, Part
from events.recording import Body
from events.stores.tables import Row
from events.streams import RESOURCE
from events.verification.covered import COVERED
from service.exports.line import Line, body_of, row_of
from service.exports.manifest import Missing


class Broken(Exception):
    """The line is not what was recorded at that position."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"Position {position}: {reason}.")
        self.position, self.reason = position, reason


class Batch(Struct, kw_only=True):
    """Events that follow each other, ready to be recorded as they were."""

    after: int
    before: bytes
    """The hash at `after`."""
    headers: list[Row]
    bodies: list[Body]
    absent: tuple[Missing, ...] = ()

    @property
    def last(self) -> int:
        return self.after + len(self.headers)


class Walk:
    """Goes along the chain of one log, from a position and the hash there."""

    def __init__(self, number: int, position: int, hash: bytes) -> None:
        self._number = number
        self.position = position
        self.hash = hash

    def go(self, line: Line, absent: tuple[Missing, ...]) -> tuple[Row, Body | None]:
        """Take the next step. Raises Broken."""
        if line.position != self.position + 1:
            raise Broken(self.position + 1, f"position {line.position} comes instead")
        check(line, absent)
        if chain.link(self.hash, _encode(_covered(line))).hex() != line.hash:
            raise Broken(line.position, "its hash does not continue the chain")
        try:
            row = row_of(self._number, line)
        except ValueError as error:
            raise _unreadable(line, error) from error
        self.position, self.hash = line.position, bytes.fromhex(line.hash)
        return row, body_of(line)


def check(line: Line, absent: tuple[Missing, ...]) -> None:
    """Make sure that labels and body are what the header commits to, or may be absent. Raises Broken."""
    try:
        reason = _wrong_labels(line, absent) or _wrong_body(line, absent)
    except ValueError as error:
        raise _unreadable(line, error) from error
    if reason is not None:
        raise Broken(line.position, reason)


def _unreadable(line: Line, error: Exception) -> Broken:
    return Broken(line.position, f"it cannot be read: {error}")


def _wrong_labels(line: Line, absent: tuple[Missing, ...]) -> str | None:
    if line.labels_salt is None:
        if not _is_absent(Part.LABELS, line.position, absent):
            return "its labels are missing, and nothing says that they may"
        return None if _is_nameless(line) else "its labels were erased, and yet it has some"
    labels = _encode((line.stream, line.resource, line.related, line.key)).decode()
    holds = chain.commit(bytes.fromhex(line.labels_salt), labels).hex() == line.labels_commitment
    return None if holds else "its labels are not what was committed to"


def _is_nameless(line: Line) -> bool:
    """Whether it is as an erasure leaves it."""
    is_own = line.category != RESOURCE or line.stream == ERASED_STREAM + line.id
    labels = (bytes(line.resource).decode(), bytes(line.related).decode(), line.key)
    return is_own and labels == (ERASED_RESOURCE, ERASED_RELATED, None)


def _wrong_body(line: Line, absent: tuple[Missing, ...]) -> str | None:
    body = body_of(line)
    if body is None:
        is_said = line.commitment is None or _is_absent(Part.BODY, line.position, absent)
        return None if is_said else "its body is missing, and nothing says that it may"
    holds = chain.commit(body.salt, body.content).hex() == line.commitment
    return None if holds else "its body is not what was committed to"


def _is_absent(part: Part, position: int, absent: tuple[Missing, ...]) -> bool:
    return any(each.part is part and each.first <= position <= each.last for each in absent)


_covered = attrgetter(*COVERED)
_encode = msgspec.json.Encoder().encode
