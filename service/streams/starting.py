"""Where a reader of the log begins: `after` as it was asked for, turned into a position, or refused with advice."""

import re
from datetime import UTC, datetime

from events.absences import Absence
from events.clock import micros
from events.cursor import Cursor, InvalidCursor
from events.errors import ArchiveUnreachable
from events.event import Micros
from events.moments import recorded_by
from events.store import Head
from events.stores.sql import SqlStore

POSITION_DIGITS_MAX = 18

_POSITION = re.compile(rf"[0-9]{{1,{POSITION_DIGITS_MAX}}}")


class InvalidStart(Exception):
    """The text is nothing that a reader can begin after."""

    def __init__(self, after: str) -> None:
        super().__init__(
            f"{after[:100]!r} is no place in a log. Give a position, a cursor, `start`, `head`, "
            "or a time such as 2026-11-21T08:00:00Z."
        )
        self.after = after[:100]


class CannotResume(Exception):
    """The reader's place is not in this log as it is now. `reason` names why; the message says what to do."""

    reason = "cannot_resume"

    def __init__(self, message: str, position: int, head: Head) -> None:
        super().__init__(message)
        self.position, self.head, self.epoch = position, head.position, head.epoch


class AheadOfHead(CannotResume):
    reason = "ahead_of_head"

    def __init__(self, position: int, head: Head) -> None:
        super().__init__(
            f"Position {position} is ahead of the log, which ends at {head.position}. It is another log, or was "
            "restored from a backup. Begin again from `start`, or from `head` to see only what is new.",
            position,
            head,
        )


class OtherEpoch(CannotResume):
    reason = "other_epoch"

    def __init__(self, cursor: Cursor, head: Head) -> None:
        super().__init__(
            f"The cursor is of epoch {cursor.epoch} and the log is in epoch {head.epoch}: it was restored from a "
            "backup, and positions may stand for other events. Begin again from `start`.",
            cursor.position,
            head,
        )


class OtherLog(CannotResume):
    reason = "other_log"

    def __init__(self, cursor: Cursor, head: Head) -> None:
        super().__init__(
            f"The cursor is of the log {cursor.log!r}, and this is {head.log!r}. Use it at the address that gave it.",
            cursor.position,
            head,
        )


class Archived(CannotResume):
    """What comes next is in an archive that cannot be read. `position` is where the reader can go on."""

    reason = "archived"

    def __init__(self, error: ArchiveUnreachable, head: Head) -> None:
        super().__init__(str(error), error.first_available, head)


class EventNotFound(Exception):
    def __init__(self, position: int) -> None:
        super().__init__(f"There is no event at position {position}. GET /log/head says where the log ends.")
        self.position = position


class BodyNotFound(Exception):
    def __init__(self, position: int) -> None:
        super().__init__(f"The event at position {position} has no body of its own.")
        self.position = position


class BodyGone(Exception):
    """There was one, and it is not coming back."""

    def __init__(self, position: int, absence: Absence) -> None:
        super().__init__(
            f"The body at position {position} is gone: it was {absence.reason}, as the event at position "
            f"{absence.cause} says."
        )
        self.position, self.reason, self.cause = position, str(absence.reason), absence.cause


async def starting_cursor(store: SqlStore, log: str, after: str) -> Cursor:
    """The cursor to begin after: a position, a cursor, `start`, `head`, or a time (what was recorded since then).

    Raises InvalidStart, CannotResume, StorageUnavailable.
    """
    head = await store.head(log)
    position = await _position(store, head, after)
    if position > head.position:
        raise AheadOfHead(position, head)
    return Cursor(log, position, head.epoch)


async def ending_position(store: SqlStore, log: str, until: str) -> int:
    """The position up to which to read: `head`, a position, or the last that was recorded before a time.

    Raises InvalidStart, StorageUnavailable.
    """
    head = await store.head(log)
    if until == "head":
        return head.position
    if _POSITION.fullmatch(until):
        return int(until)
    return await recorded_by(store, head.log, _moment(until) - 1)


async def upto_before(store: SqlStore, log: str, before: str) -> int:
    """The last position before a position, or before a time of recording. Raises InvalidStart, StorageUnavailable."""
    return await ending_position(store, log, before) - bool(_POSITION.fullmatch(before))


async def _position(store: SqlStore, head: Head, after: str) -> int:
    if after == "start":
        return 0
    if after == "head":
        return head.position
    if _POSITION.fullmatch(after):
        return int(after)
    try:
        return _of_cursor(Cursor.decode(after), head)
    except InvalidCursor:
        return await recorded_by(store, head.log, _moment(after) - 1)


def _of_cursor(cursor: Cursor, head: Head) -> int:
    if cursor.log != head.log:
        raise OtherLog(cursor, head)
    if cursor.epoch != head.epoch:
        raise OtherEpoch(cursor, head)
    return cursor.position


def _moment(text: str) -> Micros:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidStart(text) from None
    return micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
