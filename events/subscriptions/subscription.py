"""A named subscription and its deliveries, as they are stored."""

from enum import StrEnum

import msgspec
from msgspec import Struct

from events.event import Micros
from events.filter import EventFilter
from events.matching import Matcher
from events.stores.tables import Row, restored


class Terms(Struct, frozen=True, kw_only=True):
    """What a subscription was asked to be."""

    filter: str
    """An EventFilter as JSON."""
    start: str
    """Where it was asked to begin, in the words of who asked."""
    visibility: Micros
    """How long a lease lasts."""
    attempts_max: int
    webhook: str | None
    """How its events are posted, as JSON; None: members fetch them."""

    @property
    def matcher(self) -> Matcher:
        return Matcher(EventFilter.model_validate_json(self.filter))

    def is_same_cursor(self, other: "Terms") -> bool:
        """Whether the place that one keeps means something to the other."""
        return (self.filter, self.start) == (other.filter, other.start)


class Subscription(Struct, frozen=True, kw_only=True):
    """A named subscription as it is now."""

    log: int
    name: str
    terms: Terms
    scanned: int
    """Every matching event up to this position has, or had, a delivery."""
    begun: Micros
    """When it was made, or began anew."""
    failures: int
    """Failed posts in a row."""
    paused_until: Micros
    """The receiver asked for quiet until then."""
    disabled: str | None
    """Why it is switched off; None: it is on."""

    @classmethod
    def from_row(cls, row: Row) -> "Subscription":
        log, name, filter, start, visibility, attempts_max, webhook, *rest = row
        terms = Terms(filter=filter, start=start, visibility=visibility, attempts_max=attempts_max, webhook=webhook)
        scanned, begun, failures, paused_until, disabled = rest
        return cls(
            log=log,
            name=name,
            terms=terms,
            scanned=scanned,
            begun=begun,
            failures=failures,
            paused_until=paused_until,
            disabled=disabled,
        )

    def columns(self) -> dict[str, object]:
        """Its row, by column."""
        facts = msgspec.structs.asdict(self)
        return {**msgspec.structs.asdict(facts.pop("terms")), **facts}


class State(StrEnum):
    """Where a delivery is on its way."""

    WAITING = "waiting"
    LEASED = "leased"
    PARKED = "parked"


class Delivery(Struct, frozen=True, kw_only=True):
    """An event that a subscription owes its members."""

    position: int
    stream: tuple[str, str]
    """Category and id, as they are stored."""
    state: State = State.WAITING
    attempt: int = 0
    """How often it was handed out, as far as that counts."""
    until: Micros = 0
    """Waiting: not before then. Leased: no longer than until then. Parked: since then."""
    lease: str | None = None
    member: str | None = None
    error: str | None = None
    """What went wrong last."""

    @classmethod
    def from_row(cls, row: Row) -> "Delivery":
        position, category, stream, state, attempt, until, lease, member, error = row
        return cls(
            position=position,
            stream=(category, stream),
            state=State(state),
            attempt=attempt,
            until=until,
            lease=lease,
            member=member,
            error=restored(error),
        )

    @property
    def token(self) -> str:
        """What a member shows to settle it. A later lease has another."""
        return f"{self.position}.{self.lease}"


class Standing(Struct, frozen=True):
    """A subscription, and how far it has come."""

    subscription: Subscription
    head: int
    checkpoint: int
    """Every matching event up to this position is acked, parked or discarded."""
    outstanding: int
    parked: int

    @property
    def lag(self) -> int:
        """Positions between the checkpoint and the head of the log."""
        return self.head - self.checkpoint
