"""What is posted: CloudEvents 1.0 over HTTP, signed as Standard Webhooks has it. Pure.

One event goes in binary mode: the body is the event, its attributes are headers. Several go as a batch.
"""

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import quote

import msgspec
from msgspec import Struct

from events.clock import as_text
from events.matching import ID
from events.subscriptions.members import Leased

ONE = "application/json"
BATCH = "application/cloudevents-batch+json"
SECRET_PREFIX = "whsec_"  # noqa: S105  (the mark of a secret, not one)

_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
_encode = msgspec.json.Encoder().encode


class Message(Struct, frozen=True):
    """A post. `id` stays the same when the same events are posted again."""

    id: str
    headers: dict[str, str]
    body: bytes


def message(log: str, subscription: str, leased: Sequence[Leased], *, is_batch: bool) -> Message:
    """The post of these events: all of them if it is a batch, else the only one."""
    if not is_batch:
        [one] = leased
        headers = {f"ce-{name}": _header(value) for name, value in _attributes(log, subscription, one).items()}
        return Message(one.event.id, {"content-type": ONE, **headers}, one.event.json.encode())
    items = (_item(log, subscription, each) for each in leased)
    ids = "\n".join(each.event.id for each in leased)
    return Message(sha256(ids.encode()).hexdigest()[:32], {"content-type": BATCH}, f"[{','.join(items)}]".encode())


def signed(message: Message, secret: str | None, now_s: int) -> dict[str, str]:
    """The headers of a post at this second, with its signature if there is a secret."""
    headers = {**message.headers, "webhook-id": message.id, "webhook-timestamp": str(now_s)}
    if secret is not None:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
        content = f"{message.id}.{now_s}.".encode() + message.body
        digest = hmac.digest(key, content, "sha256")
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def _attributes(log: str, subscription: str, leased: Leased) -> dict[str, str]:
    """The attributes of an event. The position is text: a CloudEvents integer has 32 bits."""
    event = leased.event
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/logs/{log}",
        "type": event.kind,
        "subject": event.resource.get(ID, ""),
        "time": as_text(event.occurred),
        "digsiteposition": str(event.position),
        "digsitesubscription": subscription,
        "digsiteattempt": str(leased.delivery.attempt),
    }


def _item(log: str, subscription: str, leased: Leased) -> str:
    attributes = _encode({**_attributes(log, subscription, leased), "datacontenttype": ONE}).decode()
    return f'{attributes[:-1]},"data":{leased.event.json}}}'


def _header(value: str) -> str:
    """Text as CloudEvents puts it in a header: whatever is not plain is percent-encoded."""
    return quote(value, safe=_PLAIN)
