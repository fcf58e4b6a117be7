"""The walk: lines become rows again, each only if it is what the chain says that it must be. Pure."""

from msgspec import Struct

from events import chain
from events.absences import Part
from events.recording import Body
from events.stores.tables import Row, from_row
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

    def __init__(self, log: str, number: int, position: int, hash: bytes) -> None:
        self._log = log
        self._number = number
        self.position = position
        self.hash = hash

    def go(self, line: Line, absent: tuple[Missing, ...]) -> tuple[Row, Body | None]:
        """Take the next step. Raises Broken."""
        if line.position != self.position + 1:
            raise Broken(self.position + 1, f"position {line.position} comes instead")
        try:
            row, body = row_of(self._number, line), body_of(line)
            placed = from_row(self._log, row, line.content)
        except ValueError as error:
            raise Broken(line.position, f"it cannot be read: {error}") from error
        if body is None:
            if placed.commitment is not None and not _is_absent(Part.BODY, line.position, absent):
                raise Broken(line.position, "its body is missing, and nothing says that it may")
        elif placed.commitment != chain.commit(body.salt, body.content):
            raise Broken(line.position, "its body is not what was committed to")
        if placed.labels_salt is None:
            if not _is_absent(Part.LABELS, line.position, absent):
                raise Broken(line.position, "its labels are missing, and nothing says that they may")
        elif placed.labels_commitment != chain.commit(placed.labels_salt, chain.labels(placed.event, placed.stream)):
            raise Broken(line.position, "its labels are not what was committed to")
        header = chain.header(
            placed.event,
            position=placed.position,
            stream=placed.stream,
            version=placed.version,
            recorded=placed.recorded,
            labels_commitment=placed.labels_commitment,
            commitment=placed.commitment,
        )
        if placed.hash != chain.link(self.hash, header):
            raise Broken(line.position, "its hash does not continue the chain")
        self.position, self.hash = placed.position, placed.hash
        return row, body


def _is_absent(part: Part, position: int, absent: tuple[Missing, ...]) -> bool:
    return any(each.part is part and each.first <= position <= each.last for each in absent)
