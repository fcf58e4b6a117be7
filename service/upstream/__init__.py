"""The upstream: the Prefect server that this one stands in front of. What Digsite does not own is asked of it."""
