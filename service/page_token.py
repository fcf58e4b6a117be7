"""The page token: all that the next page of a search needs, opaque and safe in a URL.

It names the log's end when the search began, and the last event that was shown: so no write in between repeats
an event, or skips one.
"""

import base64
import binascii
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from pydantic import ValidationError

from events.filter import EventFilter
from events.searching import Mark

EVENTS_PAGE_MAX = 50
"""Events on one page, as in Prefect."""

Whole = Annotated[int, Meta(ge=0, lt=2**62)]


class InvalidPageToken(Exception):
    """The text is not a token that this server wrote for this log."""

    def __init__(self) -> None:
        super().__init__("Forbidden")


class PageToken(Struct, frozen=True, kw_only=True):
    log: str
    filter: str
    """As JSON, its defaults filled in."""
    limit: Annotated[int, Meta(ge=0, le=EVENTS_PAGE_MAX)]
    upto: Whole
    """The position up to which is searched."""
    total: Whole
    shown: Whole
    """How many events were on the pages before."""
    last: Mark | None
    """The last of them."""

    def encode(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    def asked(self) -> EventFilter:
        """Raises InvalidPageToken."""
        try:
            return EventFilter.model_validate_json(self.filter)
        except ValidationError as error:
            raise InvalidPageToken from error

    @classmethod
    def decode(cls, text: str, log: str) -> "PageToken":
        """Raises InvalidPageToken."""
        try:
            plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            token = msgspec.json.decode(plain, type=cls)
        except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
            raise InvalidPageToken from error
        if token.log != log or token.last is None:
            raise InvalidPageToken
        return token
