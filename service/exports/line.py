"""A line: one recorded event as an export has it, whatever the format: header, body, and both salts.

Hashes and salts are hexadecimal, texts are as they were sent. What an event does not have is left out.
"""

from operator import attrgetter

from msgspec import Raw, Struct

from events.recording import Body
from events.stores.tables import HEADER, Row, restored, storable


class Line(Struct, omit_defaults=True):
    """All columns of the header but the log, in their order; then the body beside its salt."""

    position: int = 0
    recorded: int = 0
    id: str = ""
    kind: str = ""
    category: str = ""
    stream: str = ""
    version: int = 0
    schema_version: int = 0
    occurred: int = 0
    follows: str | None = None
    resource: Raw = Raw(b"{}")
    related: Raw = Raw(b"[]")
    actor: str = ""
    client: str = ""
    address: str = ""
    request_id: str = ""
    key: str | None = None
    type: str | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None
    latest_before: str | None = None
    latest_after: str | None = None
    created: int | None = None
    updated: int | None = None
    created_position: int | None = None
    data_position: int | None = None
    description_position: int | None = None
    metadata_position: int | None = None
    commitment: str | None = None
    hash: str = ""
    labels_salt: str | None = None
    labels_commitment: str | None = None
    salt: str | None = None
    content: str | None = None
    """JSON text, to the letter."""


def line_of(header: Row, salt: bytes | None, content: str | None) -> Line:
    """The line of a header row and its body."""
    values = list(header[1:])
    for index in _TEXTS:
        values[index] = restored(values[index])
    for index in _JSON:
        values[index] = Raw(values[index].encode())
    for index in _BYTES:
        values[index] = _hex(values[index])
    values += (_hex(salt), content)
    return Line(*values)


def row_of(log: int, line: Line) -> Row:
    """The header row of a line. Raises ValueError for bytes that are not hexadecimal."""
    values = list(_header(line))
    for index in _TEXTS:
        values[index] = storable(values[index])
    for index in _JSON:
        values[index] = bytes(values[index]).decode()
    for index in _BYTES:
        values[index] = _bytes(values[index])
    return (log, *values)


def body_of(line: Line) -> Body | None:
    """The body of a line. Raises ValueError as above."""
    salt = _bytes(line.salt)
    return None if line.content is None or salt is None else Body(line.position, line.content, salt)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)


_header = attrgetter(*HEADER[1:])
_TEXTS, _JSON, _BYTES = (
    tuple(HEADER.index(name) - 1 for name in names)
    for names in (
        ("kind", "stream", "type"),
        ("resource", "related"),
        ("commitment", "hash", "labels_salt", "labels_commitment"),
    )
)
