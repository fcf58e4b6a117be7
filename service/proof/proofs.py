"""Proofs: what an outsider needs to check a log against a checkpoint that was kept elsewhere."""

from collections.abc import Sequence

from msgspec import Struct

from events.absences import Part, absences
from events.clock import as_text
from events.payload import INLINE_BYTES_MAX
from events.stores.sql import HEAD_OF, SqlStore
from events.tree import WIDTH, Range, consistency, inclusion
from events.verification.exact import EVENT, Fields, event_of, header_of, labels_of
from events.verification.links import link_at
from projections.runner import Runner
from projections.tree import NAME, hashes_of
from service.proof.note import checkpoint, origin_of, signed, verifier_key
from service.proof.signing_key import SigningKey, signing_key
from service.settings import Settings
from service.streams.starting import EventNotFound


class SizeNotProvable(Exception):
    """A tree of this size does not hold what is to be proven, or the log has not come so far."""

    def __init__(self, size: int, least: int, head: int) -> None:
        super().__init__(
            f"There is no such proof for a checkpoint of tree size {size}: it must be between {least} and {head}, "
            "where the log ends."
        )
        self.size, self.least, self.head = size, least, head


class Kept(Struct, frozen=True):
    """Something that the header commits to. `absent`: why it is there no more, and which event says so."""

    commitment: str
    salt: str | None = None
    content: str | None = None
    path: str | None = None
    """Where the content is, if it is too large to be shown."""
    absent: dict[str, str | int] | None = None


class EventProof(Struct, frozen=True, kw_only=True):
    """What shows that an event is in the tree of a size. Hashes and salts are in hexadecimal."""

    log: str
    position: int
    tree_size: int
    header: str
    """The JSON text that the chain covers, to the letter."""
    hash_before: str
    hash: str
    labels: Kept
    body: Kept | None
    """None: the event never had one."""
    inclusion: list[str]
    """The hashes beside the way from the leaf to the root."""


class Consistency(Struct, frozen=True, rename={"old": "from", "size": "to"}):
    """What shows that the tree of a size begins with one of an older size."""

    log: str
    old: int
    size: int
    consistency: list[str]


class Proofs:
    """All methods raise StorageUnavailable; those that need the tree, ProjectionBehind."""

    def __init__(self, store: SqlStore, runner: Runner, settings: Settings) -> None:
        self._store = store
        self._runner = runner
        self._settings = settings
        self._key: SigningKey | None = None

    def verifier_key(self, log: str) -> str:
        """The public key of a log's checkpoints. Raises SigningKeyUnusable, as below."""
        return verifier_key(origin_of(self._settings.origin, log), self._signing_key().public_key)

    async def checkpoint(self, log: str) -> str:
        """A signed note of where the log ends. For one head it is always the same."""
        key, origin = self._signing_key(), origin_of(self._settings.origin, log)
        head = await self._store.head(log)
        others = [f"hash {head.hash.hex()}"]
        if head.position:
            others.append(f"recorded {as_text(head.recorded)}")
        text = checkpoint(origin, head.position, await self._root(log, head.position), others)
        return signed(text, origin, key.public_key, key.sign)

    async def event(self, log: str, position: int, size: int | None) -> EventProof:
        """All that shows an event in the tree of a size; None: in the present one.

        Raises EventNotFound, SizeNotProvable.
        """
        number, size = await self._checked(log, position, size)
        rows = await self._store.fetch(EVENT, log=number, position=position)
        before = await link_at(self._store.fetch, log, number, position - 1)
        if not rows or before is None:
            raise EventNotFound(position)
        event = event_of(rows[0])
        return EventProof(
            log=log,
            position=position,
            tree_size=size,
            header=header_of(event).decode(),
            hash_before=before.hash.hex(),
            hash=event["hash"].hex(),
            labels=await self._labels(number, event),
            body=None if event["commitment"] is None else await self._body(number, event),
            inclusion=await self._hashes(log, number, size, inclusion(position - 1, size)),
        )

    async def consistency(self, log: str, old: int, size: int | None) -> Consistency:
        """That the tree of a size begins with one of an older size; None: the present one. Raises SizeNotProvable."""
        number, size = await self._checked(log, old, size)
        return Consistency(log, old, size, await self._hashes(log, number, size, consistency(old, size)))

    async def _checked(self, log: str, least: int, size: int | None) -> tuple[int, int]:
        """The number of the log, and the size, if a tree of it can show what is asked for."""
        rows = await self._store.fetch(HEAD_OF, name=log)
        number, head = (rows[0][0], rows[0][2]) if rows else (0, 0)
        wanted = head if size is None else size
        if not 0 < least <= wanted <= head:
            raise SizeNotProvable(wanted, max(1, least), head)
        return number, wanted

    async def _root(self, log: str, size: int) -> bytes:
        number = await self._store.log_number(log)
        [root] = await self._of_ranges(log, number, size, [(0, size)])
        return root

    async def _hashes(self, log: str, number: int, size: int, ranges: Sequence[Range]) -> list[str]:
        return [hash.hex() for hash in await self._of_ranges(log, number, size, ranges)]

    async def _of_ranges(self, log: str, number: int, size: int, ranges: Sequence[Range]) -> list[bytes]:
        """Complete nodes come from the projection: it is waited for."""
        await self._runner.wait_for(log, NAME, size - size % WIDTH, self._settings.wait_timeout_s)
        return await hashes_of(self._store.fetch, number, ranges)

    async def _labels(self, number: int, event: Fields) -> Kept:
        commitment = event["labels_commitment"].hex()
        if event["labels_salt"] is None:
            return Kept(commitment, absent=await self._absence(number, Part.LABELS, event["position"]))
        return Kept(commitment, event["labels_salt"].hex(), labels_of(event))

    async def _body(self, number: int, event: Fields) -> Kept:
        commitment, position, content = event["commitment"].hex(), event["position"], event["content"]
        if event["salt"] is None:
            return Kept(commitment, absent=await self._absence(number, Part.BODY, position))
        if len(content.encode()) > INLINE_BYTES_MAX:
            return Kept(commitment, event["salt"].hex(), path=f"/log/{position}/body")
        return Kept(commitment, event["salt"].hex(), content)

    async def _absence(self, number: int, part: Part, position: int) -> dict[str, str | int]:
        """What says that a part is not there. Nothing, if it was taken away by somebody else."""
        found = await absences(self._store.fetch, number, part, position, position)
        return {"reason": found[0].reason, "cause": found[0].cause} if found else {}

    def _signing_key(self) -> SigningKey:
        if self._key is None:
            self._key = signing_key(self._settings.signing_key_file)
        return self._key
