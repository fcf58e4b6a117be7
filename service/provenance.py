"""Provenance: what tells events that the service or a command causes, or Prefect did, from those sent by clients."""

from urllib.parse import urlsplit

from events.clock import now
from events.event import Origin
from events.ids import uuid7

UPSTREAM = "prefect:upstream"
"""The actor of what the Prefect server behind this one has said of itself. No API key's name has a colon."""
IMPORTED = "prefect:import"
"""The actor of what was moved over from a Prefect server."""
MAINTENANCE = "maintenance"
"""The actor of what a command does, by itself or through the running server."""
HERE = "127.0.0.1"
"""The address of a command: it runs on this machine."""

INSPECTOR = "digsite:inspector"
"""The actor of what the inspection of a log found."""
RETENTION = "digsite:retention"
"""The actor of what retention lets go."""
ARCHIVE = "digsite:archive"
"""The actor of what the archive does."""


def from_upstream(api_url: str) -> Origin:
    """Of what was heard of the upstream at once."""
    host = urlsplit(api_url).hostname or ""
    return Origin(actor=UPSTREAM, client="digsite bridge", address=host, request_id=uuid7(now()))


def from_import(address: str = HERE, request_id: str | None = None) -> Origin:
    return Origin(
        actor=IMPORTED,
        client="digsite-server import-prefect",
        address=address,
        request_id=request_id or uuid7(now()),
    )


def from_command(name: str) -> Origin:
    """Of what a command of `digsite-server` writes itself."""
    return Origin(actor=MAINTENANCE, client=f"digsite-server {name}", address=HERE, request_id=uuid7(now()))


def from_service(actor: str) -> Origin:
    """Of what the service does at once on its own account."""
    return Origin(actor=actor, client=actor.replace(":", " "), address=HERE, request_id=uuid7(now()))
