"""The cursor: a place in a log that a reader keeps, opaque and safe in a URL.

It names the epoch, so that after a restore from a backup an old cursor is told, and never reads positions that
were used again.
"""

import base64
import binascii

from msgspec import Struct

FORMAT = "1"


class InvalidCursor(Exception):
    """The text is not a cursor that this version wrote."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:100]!r} is not a cursor. Start again from a position, or from the start.")
        self.text = text


class Cursor(Struct, frozen=True):
    """All events of `log` up to `position` have been read."""

    log: str
    position: int
    epoch: int = 1

    def encode(self) -> str:
        plain = f"{FORMAT}.{self.epoch}.{self.position}.{self.log}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Raises InvalidCursor."""
        try:
            plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
            format, epoch, position, log = plain.split(".", 3)
            if format != FORMAT or not (epoch.isdecimal() and position.isdecimal()):
                raise ValueError(plain)
        except (binascii.Error, ValueError) as error:
            raise InvalidCursor(text) from error
        return cls(log, int(position), int(epoch))
