"""Values as the rows of the projection `runs` hold them: bounded, and storable everywhere."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from events.clock import micros
from events.event import Labels, Micros
from events.stores.tables import storable

RUN_TEXT_MAX = 2_000
"""Characters of a name, a key or a tag that are known of a run. Longer ones are cut."""
RUN_TAGS_MAX = 500
"""Tags that are known of one run, flow or deployment. Further ones are left out."""

_encode = msgspec.json.Encoder().encode


def text(text: str | None) -> str | None:
    return None if text is None else storable(text[:RUN_TEXT_MAX])


def tags(tags: Sequence[str]) -> str:
    """A JSON array, its texts as they are stored."""
    return _encode([text(tag) for tag in tags[:RUN_TAGS_MAX]]).decode()


def resource_id(labels: Labels, prefix: str) -> str | None:
    """The id of the resource of these labels, if it is of that sort, and a UUID."""
    resource = labels.get("prefect.resource.id", "")
    try:
        return str(UUID(resource.removeprefix(prefix))) if resource.startswith(prefix) else None
    except ValueError:
        return None


def count(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def micros_of(moment: datetime) -> Micros:
    """A moment without a zone is taken as UTC."""
    return micros(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def moment(moment: datetime | None) -> Micros | None:
    return None if moment is None else micros_of(moment)
