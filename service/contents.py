"""Contents: what an artifact says, to the letter; and of what is there no more, why."""

from msgspec import Raw, Struct

from events.absences import Absence, Part, absent_at
from events.errors import ArchiveUnreachable
from events.payload import ERASED, decode_content
from events.stores.sql import SqlStore
from projections.artifacts import Artifact
from service.streams.starting import BodyGone, BodyNotFound


class Content(Struct, frozen=True):
    """The parts of an artifact as JSON text."""

    data: str | None
    """None: it is there no more."""
    description: str
    metadata: str
    absence: Absence | None
    """Why the data is there no more."""
    position: int
    """Of the body that the data stands in."""

    def there(self) -> str:
        """The data. Raises BodyGone, BodyNotFound."""
        if self.data is not None:
            return self.data
        raise BodyNotFound(self.position) if self.absence is None else BodyGone(self.position, self.absence)


async def content_of(store: SqlStore, log: str, row: Artifact) -> Content:
    """What an artifact says in a state. Raises StorageUnavailable."""
    positions = [row.data_position, row.description_position, row.metadata_position]
    try:
        bodies = await store.bodies(log, positions)
    except ArchiveUnreachable:
        bodies = {}
    data, description, metadata = (decode_content(bodies.get(each, ERASED)) for each in positions)
    is_there = row.data_position in bodies
    gone = {} if is_there else await absent_at(store.fetch, row.log, Part.BODY, [row.data_position])
    return Content(
        data=_text(data.data) if is_there else None,
        description=_text(description.description),
        metadata=_text(metadata.metadata_),
        absence=gone.get(row.data_position),
        position=row.data_position,
    )


def _text(part: Raw) -> str:
    return bytes(part).decode()
