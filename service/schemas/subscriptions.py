"""The bodies of requests and answers about named subscriptions: for validation, and for the docs."""

import base64
import binascii
import re
from datetime import datetime
from typing import Annotated, Any, Literal

import httpx2
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, StringConstraints, field_validator

from events.filter import EventFilter
from events.subscriptions.members import ERROR_MAX, FETCH_MAX
from service.streams.asking import WAIT_S_MAX
from service.streams.followers import FollowerShown

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
MEMBER = re.compile(r"[\x20-\x7e]{0,100}")
VISIBILITY_S_MAX = 43_200
"""Longest lease: twelve hours."""
ATTEMPTS_MAX = 100
DELAY_S_MAX = 86_400
"""Longest that a nack may put an event off: a day."""
TOKENS_MAX = 1_000
"""Leases in one request."""
START_MAX = 500
"""Characters of a start."""
FILTER_MAX = 65_536
"""Characters of a stored filter, as JSON."""
URL_MAX = 2_000
"""Characters of a webhook's URL."""
HEADERS_MAX = 20
"""Headers of a webhook's own."""
BATCH_EVENTS_MAX = 100
"""Events in one post."""
POST_TIMEOUT_S_MAX = 60
"""Longest that a receiver may take to answer."""
FAILURES_MAX = 10_000
"""Most failed posts in a row before a webhook is switched off."""
LEASE_RESERVE_S = 5
"""How much longer than a post its lease must be."""

_SECRET = "whsec_"  # noqa: S105  (the mark of a secret, not one)
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_OWN_HEADERS = ("ce-", "webhook-", "content-")
_RESERVED_HEADERS = frozenset(("host", "connection", "transfer-encoding", "expect", "upgrade", "te", "trailer"))
_EXAMPLE_TOKEN = "42.5f2d1c0b9a8e7d6c5b4a39281706f5e4"  # noqa: S105


class Body(BaseModel):
    """A body that is refused if it has fields that it does not know."""

    model_config = ConfigDict(extra="forbid")


def _checked_secret(value: str) -> str:
    try:
        key = base64.b64decode(value.removeprefix(_SECRET), validate=True)
    except binascii.Error:
        key = b""
    if not value.startswith(_SECRET) or not 24 <= len(key) <= 64:
        raise ValueError(f"a secret is {_SECRET} and then the Base64 of 24 to 64 random bytes")
    return value


def _checked_header(name: str) -> str:
    lower = name.lower()
    if not _HEADER.fullmatch(name) or lower in _RESERVED_HEADERS or lower.startswith(_OWN_HEADERS):
        raise ValueError("not a header that can be given here")
    return name


HeaderName = Annotated[str, AfterValidator(_checked_header)]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]([\x20-\x7e]{0,1998}[\x21-\x7e])?$")]


class Webhook(Body):
    """Where the server posts the events itself."""

    url: str = Field(
        pattern=r"^https?://[\x21-\x7e]+$",
        max_length=URL_MAX,
        description="`http` or `https`. Redirects are not followed.",
    )
    secret: Annotated[str, AfterValidator(_checked_secret)] | None = Field(
        None, description="`whsec_...`, to sign with. Left out with the same URL: the one that is there. Never shown."
    )
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict,
        max_length=HEADERS_MAX,
        description="Sent with each post. Left out with the same URL: those that are there. Values are never shown.",
    )
    batch_max: int = Field(1, ge=1, le=BATCH_EVENTS_MAX, description="Events in one post; above 1 the body is a list.")
    timeout_s: float = Field(15.0, ge=1, le=POST_TIMEOUT_S_MAX, description="Longest that the receiver may take.")
    failures_max: int = Field(100, ge=1, le=FAILURES_MAX, description="Failed posts in a row that switch it off.")

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        check_url(value)
        return value


def check_url(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL that may be posted to. Raises ValueError."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise ValueError("not a URL") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("must be http or https, with a host")
    if parsed.userinfo:
        raise ValueError("must not have a user or password; give the header Authorization instead")
    return parsed.scheme, parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80)


class SubscriptionPut(Body):
    """What a named subscription is to be."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"filter": {"event": {"prefix": ["prefect.artifact."]}}, "start": "start"}]},
    )

    filter: EventFilter = Field(
        default_factory=EventFilter, description="Which events. Its `order` means nothing here."
    )
    start: str | StrictInt = Field(
        "head",
        union_mode="left_to_right",
        description="After which it begins: a position, a cursor, `start`, `head`, or a time.",
    )
    visibility_s: float = Field(
        60.0, ge=1, le=VISIBILITY_S_MAX, description="How long a lease lasts; for a webhook, no shorter than a post."
    )
    attempts_max: int = Field(10, ge=1, le=ATTEMPTS_MAX, description="Attempts before an event is parked.")
    webhook: Webhook | None = Field(None, description="Post the events; without it, members fetch them.")

    @field_validator("start")
    @classmethod
    def _check_start(cls, value: str | int) -> str | int:
        if not 1 <= len(str(value)) <= START_MAX:
            raise ValueError(f"has 1 to {START_MAX} characters")
        return value

    @field_validator("filter")
    @classmethod
    def _check_filter(cls, value: EventFilter) -> EventFilter:
        if len(filter_text(value)) > FILTER_MAX:
            raise ValueError(f"a filter that is kept has at most {FILTER_MAX} characters")
        return value

    @property
    def lease_s(self) -> float:
        """How long a lease lasts: longer than a post, so that none is under way when it ends."""
        return (
            self.visibility_s
            if self.webhook is None
            else max(self.visibility_s, self.webhook.timeout_s + LEASE_RESERVE_S)
        )


def filter_text(filter: EventFilter) -> str:
    """A filter as it is stored."""
    return filter.model_dump_json(exclude_none=True, exclude={"order"})


class Fetch(Body):
    """A member asks for events."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"member": "worker-1", "max": 10}]})

    member: str = Field("", pattern=f"^{MEMBER.pattern}$", description="Who asks, as is shown to others.")
    max: int = Field(10, ge=1, le=FETCH_MAX, description="Events, at most.")
    wait_s: float = Field(0.0, ge=0, le=WAIT_S_MAX, description="Wait so long for an event.")


Token = Annotated[str, Field(max_length=100)]
Tokens = Annotated[list[Token], Field(min_length=1, max_length=TOKENS_MAX)]
_TOKENS: dict[str, Any] = {"tokens": [_EXAMPLE_TOKEN]}


class Ack(Body):
    """These events are done."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOKENS]})

    tokens: Tokens


class Nack(Body):
    """These events failed."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOKENS | {"error": "disk is full"}]})

    tokens: Tokens
    delay_s: float | None = Field(None, ge=0, le=DELAY_S_MAX, description="Wait so long. Default: longer each time.")
    error: str = Field("", max_length=ERROR_MAX, description="What went wrong; shown with what is parked.")


class Extend(Body):
    """These leases are to last longer."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOKENS]})

    tokens: Tokens
    by_s: float | None = Field(None, ge=1, le=VISIBILITY_S_MAX, description="From now on. Default: `visibility_s`.")


class Replay(Body):
    """Deliver an event again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"position": 42}]})

    position: int = Field(ge=1, lt=10**18)


class WebhookShown(BaseModel):
    """A webhook without its secrets."""

    url: str
    is_signed: bool
    headers: list[str]
    batch_max: int
    timeout_s: float
    failures_max: int


class SubscriptionShown(BaseModel):
    """A named subscription, and how far it has come."""

    name: str
    filter: dict[str, Any]
    start: str
    visibility_s: float
    attempts_max: int
    webhook: WebhookShown | None
    begun: datetime
    checkpoint: int = Field(description="Every matching event up to here is acked, parked or discarded.")
    head: int
    lag: int = Field(description="Positions between the checkpoint and the head.")
    outstanding: int = Field(description="Deliveries that are leased or wait.")
    parked: int
    failures: int = Field(description="Failed posts in a row.")
    paused_until: datetime | None = Field(description="The receiver asked for quiet.")
    disabled: str | None = Field(description="Why it is switched off.")


class SubscriptionsShown(BaseModel):
    """All who subscribe: by name, and live over sockets of this process."""

    named: list[SubscriptionShown]
    live: list[FollowerShown]


class DeliveryShown(BaseModel):
    """An event under a lease."""

    token: str = Field(description="What settles it.")
    position: int
    attempt: int
    until: datetime = Field(description="When the lease ends.")
    event: dict[str, Any]


class Fetched(BaseModel):
    """What a member holds now."""

    deliveries: list[DeliveryShown]


class Extended(BaseModel):
    """When the leases end now."""

    until: datetime


class ParkedShown(BaseModel):
    """A parked event."""

    position: int
    attempts: int
    since: datetime
    error: str | None
    event: dict[str, Any]


class ParkedPage(BaseModel):
    """A page of what is parked, by position. `after` begins the next one; null: there is no more."""

    parked: list[ParkedShown]
    after: int | None


Enabled = Literal[True]
