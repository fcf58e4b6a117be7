"""Targets: what an export writes to. Through the API of a Prefect server, or straight into its database."""
