"""Provenance: what tells events that came from a Prefect server, or that the service causes itself, from all others."""

from events.event import Origin

UPSTREAM = "prefect:upstream"
"""The actor of what the Prefect server behind this one has said of itself. No API key's name has a colon."""
IMPORTED = "prefect:import"
"""The actor of what was moved over from a Prefect server."""

RETENTION = Origin(actor="digsite:retention", client="digsite retention")
FROM_UPSTREAM = Origin(actor=UPSTREAM, client="digsite bridge")
FROM_IMPORT = Origin(actor=IMPORTED, client="digsite-server import-prefect")
