"""The restorer: that part of a batch which reads states of the past again, and says what they are restored as."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select

from events.absences import Part, Reason, absent_at
from events.stores.sql import BODIES, Transaction
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS, HEADER
from projections.artifacts import ARTIFACTS, Artifact
from service.deciding.commands import CommandRefused, CreateArtifacts, RestoreArtifact
from service.deciding.restoring import Kept, restored
from service.erasing.stated import UNDER_WAY

_POSITION, _SALT = HEADER.index("position"), HEADER.index("labels_salt")


class Restorer:
    """Turns each `RestoreArtifact` into the `CreateArtifacts` that it comes to."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._found: dict[RestoreArtifact, CreateArtifacts | CommandRefused] = {}

    async def load(self, commands: Sequence[RestoreArtifact]) -> list[CreateArtifacts]:
        """What there is to be created, of those that are not refused."""
        if not commands:
            return []
        headers = await self._transaction.fetch(HEADERS, positions=[command.position for command in commands])
        states = {header[_POSITION]: (_state(tuple(header)), header[_SALT] is not None) for header in headers}
        bodies, absent = await self._content([state for state, _ in states.values()])
        [(under_way,)] = await self._transaction.fetch(UNDER_WAY)
        for command in commands:
            state, has_labels = states[command.position]
            kept = Kept(state, bodies, absent, has_labels=has_labels, is_erasing=bool(under_way))
            try:
                creation = CreateArtifacts(
                    items=(restored(kept),), origin=command.origin, idempotency_key=command.idempotency_key
                )
                self._found[command] = creation
            except CommandRefused as refusal:
                self._found[command] = refusal
        return [each for each in self._found.values() if isinstance(each, CreateArtifacts)]

    def creation(self, command: RestoreArtifact) -> CreateArtifacts:
        """Raises ContentGone, ErasureUnderWay."""
        found = self._found[command]
        if isinstance(found, CommandRefused):
            raise found
        return found

    async def _content(self, states: Sequence[Artifact]) -> tuple[Mapping[int, str], Mapping[int, Reason]]:
        positions = sorted(
            {
                position
                for state in states
                for position in (state.data_position, state.description_position, state.metadata_position)
            }
        )
        bodies: dict[int, str] = dict(await self._transaction.fetch(BODIES, positions=positions))
        missing = [position for position in positions if position not in bodies]
        absent = await absent_at(self._transaction.fetch, self._transaction.log, Part.BODY, missing)
        return bodies, {position: absence.reason for position, absence in absent.items()}


def _state(header: tuple[object, ...]) -> Artifact:
    _, row = ARTIFACTS.apply(header)
    assert row is not None  # what is restored is a state, and no deletion
    return Artifact.from_row(row)


HEADERS = Statement(
    select(*EVENTS.columns).where(EVENTS.c.log == bindparam("log"), OneOf(EVENTS.c.position, "positions"))
)
