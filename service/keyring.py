"""The keyring: that part of a batch which makes and revokes API keys. The row of a key is written with its event."""

from collections.abc import Callable, Sequence

from events.event import RecordedEvent
from events.stores.sql import Transaction
from events.streams import RESOURCE
from service import keys
from service.deciding import keys as deciding
from service.deciding.commands import CreateKey, RevokeKey
from service.deciding.place import Draft, Place
from service.keys import ApiKey
from service.known import Known


class Keyring:
    """Loads the keys that commands name, and carries these out. `record` is the batch's own."""

    def __init__(
        self, transaction: Transaction, known: Known, record: Callable[[list[Draft]], list[RecordedEvent]]
    ) -> None:
        self._transaction = transaction
        self._known = known
        self._record = record
        self._keys: dict[str, ApiKey] = {}

    async def load(self, commands: Sequence[CreateKey | RevokeKey]) -> None:
        if commands:
            rows = await self._transaction.fetch(keys.SELECT)
            self._keys = {key.name: key for key in map(keys.from_row, rows)}
            streams = [deciding.stream_of(command.name).id for command in commands]
            await self._known.load_versions(RESOURCE, streams)

    def carry_out(self, command: CreateKey | RevokeKey) -> list[RecordedEvent]:
        """Raises KeyExists, KeyNotFound."""
        before = self._keys.get(command.name)
        version = self._known.versions[deciding.stream_of(command.name)]
        place = Place(self._transaction.recording.next_position, self._transaction.recording.next_recorded)
        if isinstance(command, CreateKey):
            draft, key = deciding.create(command, before, version, place)
        else:
            draft, key = deciding.revoke(command, before, version, place)
        self._keys[key.name] = key
        self._transaction.put(keys.TABLE, keys.to_row(key))
        return self._record([draft])
