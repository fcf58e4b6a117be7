"""Whether an erasure is being carried out: until it is completed, projections may still show what is gone."""

from events.stores.sql import SqlStore
from projections.checkpoints import serving
from service.erasing import eraser
from service.erasing.stated import requested_after


async def is_erasing(store: SqlStore, number: int) -> bool:
    """Raises StorageUnavailable."""
    checkpoint = await serving(store, number, eraser.NAME)
    return bool(await requested_after(store, number, 0 if checkpoint is None else checkpoint.position))
