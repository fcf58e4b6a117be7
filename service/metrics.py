"""What the server counts, for Prometheus."""

from prometheus_client import Counter

EVENTS_RECEIVED = Counter("digsite_events_received", "Events that clients sent, echoes and repetitions among them.")
EVENTS_REFUSED = Counter("digsite_events_refused", "Events that clients sent over a socket in vain.", ["reason"])
