"""The frames of the sockets, for the AsyncAPI document: what is said there in which direction."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from events.filter import EventFilter
from service.schemas.events import ReceivedEvent
from service.schemas.subscriptions import DeliveryShown


class Frame(BaseModel):
    """Each frame is a text frame with one JSON object."""

    model_config = ConfigDict(extra="forbid")


# the handshake


class Auth(Frame):
    """The first message of a client that offers the subprotocol `prefect`."""

    type: Literal["auth"]
    token: str | None = Field(None, description="The auth string, or an API key.")


class AuthSuccess(Frame):
    """The answer to it."""

    type: Literal["auth_success"]


# Prefect's stream


class Subscribe(Frame):
    """What a subscriber of Prefect's stream asks for, once, after the handshake."""

    type: Literal["filter"]
    filter: EventFilter
    backfill: bool = Field(True, description="false: only what is recorded from now on.")


class OneEvent(Frame):
    """One event."""

    type: Literal["event"]
    event: ReceivedEvent


# Digsite's stream


class Placed(Frame):
    to: int = Field(description="The position up to which the reader has been told of everything.")
    head: int = Field(description="Where the log ended by then.")
    cursor: str = Field(description="`to` as a cursor: what to come back with.")


class CaughtUp(Placed):
    """The reader is at the end of the log. From now on events come as they are recorded."""

    type: Literal["caught_up"]


class Heartbeat(Placed):
    """Nothing that the filter lets through was recorded up to `to`."""

    type: Literal["heartbeat"]


class Refused(Frame):
    """The reader cannot begin where it wants to; `detail` says what to do. The socket is closed after it (1008)."""

    type: Literal["refused"]
    reason: Literal["ahead_of_head", "other_epoch", "other_log", "archived", "invalid"]
    detail: str
    position: int | None = None
    head: int | None = None
    epoch: int | None = None


# a member of a named subscription


class Deliveries(Frame):
    """Events under a lease, each with the token that settles it."""

    type: Literal["events"]
    deliveries: list[DeliveryShown]


class Settled(Frame):
    """What a member asked for was done."""

    type: Literal["acked", "nacked"]
    tokens: list[str]


class Extended(Frame):
    """The leases hold until then."""

    type: Literal["extended"]
    tokens: list[str]
    until: str


class Declined(Frame):
    """What a member asked for was not done, for none of its tokens; `tokens` are those that hold no more."""

    type: Literal["refused"]
    error: str
    detail: str
    tokens: list[str]
