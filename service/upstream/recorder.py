"""The recorder: puts into the log what the upstream has stated, each event once."""

from collections.abc import Sequence

import msgspec
import structlog
from fastapi.exceptions import RequestValidationError
from msgspec import Raw, Struct
from prometheus_client import Counter
from starlette.exceptions import HTTPException

from events.errors import QueueFull, StorageUnavailable, WriterClosed
from events.event import Event
from service.context import DEFAULT_LOG
from service.event_parsing import EventTooLarge, outside_event
from service.events import Events
from service.provenance import from_upstream
from service.settings import Settings

REFUSAL_SHOWN_MAX = 500
"""Characters of a reason that are logged."""

REFUSED = Counter("digsite_bridge_received_refused", "Events of the upstream that cannot be recorded.", ["reason"])

log_ = structlog.get_logger()


class _Frame(Struct):
    event: Raw


_decode_frame = msgspec.json.Decoder(_Frame).decode


class Recorder:
    def __init__(self, events: Events, settings: Settings) -> None:
        self._events = events
        self._settings = settings

    def event_of(self, frame: str | bytes) -> Event | None:
        """The event of a frame. One that is not valid is left out."""
        try:
            return self.event(bytes(_decode_frame(frame).event))
        except msgspec.DecodeError as refusal:
            self._refuse(refusal)
            return None

    def event(self, text: bytes) -> Event | None:
        """The event that JSON stands for. One that is not valid is left out."""
        try:
            return outside_event(text, self._settings)
        except (EventTooLarge, RequestValidationError, HTTPException) as refusal:
            self._refuse(refusal)
            return None

    async def record(self, events: Sequence[Event]) -> int:
        """Record them together; answer how many the log did not have. One that spoils it for the others is left out.

        Raises StorageUnavailable, QueueFull, WriterClosed.
        """
        try:
            return len(await self._events.news(DEFAULT_LOG, events, from_upstream(self._settings.upstream_api_url)))
        except (StorageUnavailable, QueueFull, WriterClosed):
            raise
        except Exception as error:
            if len(events) == 1:
                self._refuse(error)
                return 0
            return sum([await self.record([event]) for event in events])

    def _refuse(self, refusal: Exception) -> None:
        reason = type(refusal).__name__
        REFUSED.labels(reason).inc()
        log_.warning("event of the upstream not recorded", reason=reason, detail=str(refusal)[:REFUSAL_SHOWN_MAX])
