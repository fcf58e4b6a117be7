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
from events.published import Published
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
    items = [
        (each.event, _attributes(log, subscription, each.event) | {"digsiteattempt": str(each.delivery.attempt)})
        for each in leased
    ]
    return _message(items, is_batch=is_batch)


def replayed(log: str, subscription: str, events: Sequence[Published], *, is_batch: bool) -> Message:
    """The same post of events that are sent once more. An attribute says so: `digsitereplay`."""
    items = [(each, _attributes(log, subscription, each) | {"digsitereplay": "true"}) for each in events]
    return _message(items, is_batch=is_batch)


def _message(items: Sequence[tuple[Published, dict[str, str]]], *, is_batch: bool) -> Message:
    """Events with their attributes."""
    if not is_batch:
        [(event, attributes)] = items
        headers = {f"ce-{name}": _header(value) for name, value in attributes.items()}
        return Message(event.id, {"content-type": ONE, **headers}, event.json.encode())
    ids = "\n".join(event.id for event, _ in items)
    batch = ",".join(_item(*item) for item in items)
    return Message(sha256(ids.encode()).hexdigest()[:32], {"content-type": BATCH}, f"[{batch}]".encode())


def signed(message: Message, secret: str | None, now_s: int) -> dict[str, str]:
    """The headers of a post at this second, with its signature if there is a secret."""
    headers = {**message.headers, "webhook-id": message.id, "webhook-timestamp": str(now_s)}
    if secret is not None:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
        content = f"{message.id}.{now_s}.".encode() + message.body
        digest = hmac.digest(key, content, "sha256")
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def _attributes(log: str, subscription: str, event: Published) -> dict[str, str]:
    """The attributes of an event. The position is text: a CloudEvents integer has 32 bits."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/logs/{log}",
        "type": event.kind,
        "subject": event.resource.get(ID, ""),
        "time": as_text(event.occurred),
        "digsiteposition": str(event.position),
        "digsitesubscription": subscription,
    }


def _item(event: Published, attributes: dict[str, str]) -> str:
    json = _encode({**attributes, "datacontenttype": ONE}).decode()
    return f'{json[:-1]},"data":{event.json}}}'


def _header(value: str) -> str:
    """Text as CloudEvents puts it in a header: whatever is not plain is percent-encoded."""
    return quote(value, safe=_PLAIN)
