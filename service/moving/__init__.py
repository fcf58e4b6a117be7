"""Moving: from a Prefect server into the log, and from the log to a Prefect server."""
