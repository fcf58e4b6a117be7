"""The command handler: for each batch, load what the commands need, decide one by one, record.

Called by the writer, inside a transaction. Each command sees what those before it in the batch have done.
"""

from collections.abc import Awaitable, Callable, Sequence

from events.event import Event, RecordedEvent
from events.ids import repeatable_id
from events.stores.sql import FIND, SqlStore, Transaction
from events.stores.tables import from_row
from events.streams import PIN, RESOURCE, StreamId
from projections.artifacts import ARTIFACTS, VERSIONS_OF_KEY, Artifact
from projections.collections import COLLECTIONS, Collection
from projections.pins import PINS
from projections.policies import CATEGORY as RETENTION
from projections.policies import HOW_MANY, POLICIES, PolicyRow
from service.deciding import artifact as artifacts
from service.deciding import outside, pins, retention
from service.deciding.commands import (
    DELETE_VERSIONS_MAX,
    POLICIES_MAX,
    Command,
    CommandRefused,
    CreateArtifacts,
    CreateKey,
    DeleteArtifact,
    DeleteCollection,
    IdempotencyConflict,
    ImportArtifacts,
    PinArtifact,
    PutPolicy,
    RecordEvents,
    RemovePolicy,
    RestoreArtifact,
    RevokeKey,
    TooManyPolicies,
    UnpinArtifact,
    UpdateArtifact,
)
from service.deciding.place import Draft, Place
from service.importer import Importer
from service.keyring import Keyring
from service.known import Known
from service.restorer import Restorer

Answer = list[RecordedEvent]
"""What a command recorded, in order. For `CreateArtifacts` and `RestoreArtifact`, see `created_events`."""
Submit = Callable[[str, Command], Awaitable[Answer]]
"""Has a log carry out a command. Raises what `Writer.submit` raises."""


def submitting(store: SqlStore) -> Submit:
    """Carries out commands where there is no writer, each in a transaction of its own."""

    async def submit(log: str, command: Command) -> Answer:
        [answer] = await carry_out(store, log, [command])
        return answer

    return submit


async def handle(transaction: Transaction, commands: Sequence[Command]) -> list[Answer | Exception]:
    """Carry out a batch. A refused command answers with its error and records nothing; the others go on."""
    batch = Batch(transaction)
    await batch.load(commands)
    return [await batch.carry_out(command) for command in commands]


async def carry_out(store: SqlStore, log: str, commands: Sequence[Command]) -> list[Answer]:
    """Carry out commands where no writer runs, all in one transaction, and answer with what each recorded.

    Raises what the first that is refused raises, StorageUnavailable. What the others recorded stays.
    """
    answers = await store.transact(log, lambda transaction: handle(transaction, commands))
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return [answer for answer in answers if not isinstance(answer, Exception)]


def created_events(answer: Answer) -> list[RecordedEvent]:
    """Of what `CreateArtifacts` recorded, the events that created the artifacts: one per item."""
    return [placed for placed in answer if placed.event.kind == artifacts.CREATED]


class Batch:
    """The commands of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._log = transaction.recording.head.log
        self._recorded_before: dict[str, RecordedEvent] = {}
        self._known = Known(transaction)
        self._importer = Importer(transaction, self._known, self._record)
        self._restorer = Restorer(transaction)
        self._keyring = Keyring(transaction, self._known, self._record)

    async def load(self, commands: Sequence[Command]) -> None:
        """Everything that the commands name, in as few queries as there are tables."""
        restored = await self._restorer.load([each for each in commands if isinstance(each, RestoreArtifact)])
        creations = [*restored, *(each for each in commands if isinstance(each, CreateArtifacts))]
        ids = [each.id for each in commands if isinstance(each, UpdateArtifact | DeleteArtifact)]
        await self._transaction.load(ARTIFACTS, ids)
        found = [artifact for artifact in map(self._artifact, ids) if artifact is not None]
        await self._load_related(found)
        keys = [artifact.key for artifact in found]
        keys += [item.key for each in creations for item in each.items]
        keys += [each.key for each in commands if isinstance(each, DeleteCollection)]
        await self._transaction.load(COLLECTIONS, [key for key in keys if key is not None])
        await self._load_recorded(creations)
        await self._load_pins([each.id for each in commands if isinstance(each, PinArtifact | UnpinArtifact)])
        await self._load_policies([each.name for each in commands if isinstance(each, PutPolicy | RemovePolicy)])
        await self._load_outside(
            [event for each in commands if isinstance(each, RecordEvents) for event in outside.news_of(each)]
        )
        await self._importer.load([each for each in commands if isinstance(each, ImportArtifacts)])
        await self._keyring.load([each for each in commands if isinstance(each, CreateKey | RevokeKey)])

    async def carry_out(self, command: Command) -> Answer | Exception:
        try:
            return await self._answer(command)
        except CommandRefused as refusal:
            return refusal

    async def _answer(self, command: Command) -> Answer:
        match command:
            case CreateArtifacts():
                return self._create(command)
            case RestoreArtifact():
                return self._create(self._restorer.creation(command))
            case DeleteArtifact() | DeleteCollection():
                return await self._delete(command)
            case ImportArtifacts():
                return await self._importer.carry_out(command)
            case CreateKey() | RevokeKey():
                return self._keyring.carry_out(command)
            case UpdateArtifact():
                drafts = self._update(command)
            case PinArtifact() | UnpinArtifact():
                drafts = self._pin(command)
            case PutPolicy() | RemovePolicy():
                drafts = await self._keep_policy(command)
            case RecordEvents():
                drafts = outside.record(command, self._known.ids, self._known.versions)
        return self._record(drafts)

    def _create(self, command: CreateArtifacts) -> Answer:
        before = self._answer_before(command)
        if before is not None:
            return before
        answer: Answer = []
        for index, item in enumerate(command.items):
            key = command.idempotency_key
            event_id = None if key is None else repeatable_id(self._log, key, index)
            collection = None if item.key is None else self._collection(item.key)
            answer += self._record(artifacts.create(item, collection, self._place(), command.origin, event_id))
        return answer

    def _answer_before(self, command: CreateArtifacts) -> Answer | None:
        """What the request was answered with when it was first sent under its key.

        Raises IdempotencyConflict if that was another request.
        """
        key = command.idempotency_key
        if key is None:
            return None
        before = [self._recorded_before.get(id) for id in _repeatable_ids(self._log, command)]
        found = [placed for placed in before if placed is not None]
        if not found:
            return None
        items_before = [_fingerprint(placed) for placed in found]
        if before[-1] is not None or items_before != [
            (item.key, item.type, item.flow_run_id, item.task_run_id, item.content) for item in command.items
        ]:
            raise IdempotencyConflict(key, found[0].position)
        return found

    async def _delete(self, command: DeleteArtifact | DeleteCollection) -> Answer:
        if isinstance(command, DeleteCollection):
            return await self._delete_all(command)
        artifact = self._artifact(command.id)
        collection, heir = self._collection_of(artifact), None
        if artifact is not None and collection is not None and collection.latest_id == artifact.id:
            others = [each for each in await self._versions(collection.key, 2) if each.id != artifact.id]
            heir = max(others, key=lambda each: each.age, default=None)
        return self._record(artifacts.delete(command, artifact, collection, heir, self._known.related, self._place()))

    async def _delete_all(self, command: DeleteCollection) -> Answer:
        versions = await self._versions(command.key, DELETE_VERSIONS_MAX + 1)
        await self._load_related(versions)
        collection = self._collection(command.key)
        return self._record(artifacts.delete_all(command, collection, versions, self._known.related, self._place()))

    def _update(self, command: UpdateArtifact) -> list[Draft]:
        artifact = self._artifact(command.id)
        collection = self._collection_of(artifact)
        return artifacts.update(command, artifact, collection, self._known.related, self._place())

    def _pin(self, command: PinArtifact | UnpinArtifact) -> list[Draft]:
        artifact, is_pinned = self._artifact(command.id), self._transaction.row(PINS, command.id) is not None
        version = self._known.versions[StreamId(PIN, command.id)]
        return pins.pin(command, artifact, is_pinned, version, self._place())

    async def _keep_policy(self, command: PutPolicy | RemovePolicy) -> list[Draft]:
        version = self._known.versions[StreamId(RETENTION, command.name)]
        row = self._transaction.row(POLICIES, command.name)
        if isinstance(command, RemovePolicy):
            found = None if row is None else PolicyRow.from_row(row)
            return retention.remove(command, found, version, self._place())
        [(policies,)] = await self._transaction.fetch(HOW_MANY)
        if row is None and policies >= POLICIES_MAX:
            raise TooManyPolicies(POLICIES_MAX)
        return retention.put(command, version, self._place())

    def _record(self, drafts: list[Draft]) -> Answer:
        answer = []
        for draft in drafts:
            placed = self._transaction.record(draft.stream, draft.version, draft.event)
            self._recorded_before[draft.event.id] = placed
            self._known.note(placed)
            answer.append(placed)
        return answer

    def _place(self) -> Place:
        recording = self._transaction.recording
        return Place(recording.next_position, recording.next_recorded)

    def _artifact(self, artifact_id: str) -> Artifact | None:
        row = self._transaction.row(ARTIFACTS, artifact_id)
        return None if row is None else Artifact.from_row(row)

    def _collection(self, key: str) -> Collection | None:
        row = self._transaction.row(COLLECTIONS, key)
        return None if row is None else Collection.from_row(row)

    def _collection_of(self, artifact: Artifact | None) -> Collection | None:
        return None if artifact is None or artifact.key is None else self._collection(artifact.key)

    async def _versions(self, key: str, count: int) -> list[Artifact]:
        """At least the newest `count` artifacts of a key, if there are so many, as this transaction has them."""
        touched = self._transaction.touched(ARTIFACTS)
        rows = await self._transaction.fetch(VERSIONS_OF_KEY, key=key, limit=count + len(touched))
        versions = {artifact.id: artifact for artifact in map(Artifact.from_row, rows)}
        for artifact_id, row in touched.items():
            if row is None:
                versions.pop(artifact_id, None)
            elif (artifact := Artifact.from_row(row)).key == key:
                versions[artifact_id] = artifact
        return list(versions.values())

    async def _load_recorded(self, creations: Sequence[CreateArtifacts]) -> None:
        ids = [id for each in creations if each.idempotency_key is not None for id in _repeatable_ids(self._log, each)]
        if ids:
            rows = await self._transaction.fetch(FIND, ids=ids, limit=len(ids))
            found = (from_row(self._log, row[:-1], row[-1]) for row in rows)
            self._recorded_before = {placed.event.id: placed for placed in found}

    async def _load_pins(self, ids: Sequence[str]) -> None:
        if ids:
            await self._transaction.load(ARTIFACTS, ids)
            await self._transaction.load(PINS, ids)
            await self._known.load_versions(PIN, ids)

    async def _load_policies(self, names: Sequence[str]) -> None:
        if names:
            await self._transaction.load(POLICIES, names)
            await self._known.load_versions(RETENTION, names)

    async def _load_related(self, found: Sequence[Artifact]) -> None:
        """What the artifacts relate to, of those that a run wrote."""
        of_runs = [each for each in found if each.flow_run_id is not None or each.task_run_id is not None]
        await self._known.load_related([each.created_position for each in of_runs])

    async def _load_outside(self, news: Sequence[Event]) -> None:
        """Which of these are recorded, and where the streams stand that they go to."""
        if not news:
            return
        await self._known.load_ids([event.id for event in news])
        await self._known.load_versions(RESOURCE, [stream.id for stream in outside.streams(news)])


def _repeatable_ids(log: str, command: CreateArtifacts) -> list[str]:
    """The ids of the request's events, and one more, which tells of a longer request under the same key."""
    key = command.idempotency_key or ""
    return [repeatable_id(log, key, index) for index in range(len(command.items) + 1)]


def _fingerprint(placed: RecordedEvent) -> tuple[str | None, ...]:
    outcome = placed.event.outcome
    return (outcome.key, outcome.type, outcome.flow_run_id, outcome.task_run_id, placed.event.content)
