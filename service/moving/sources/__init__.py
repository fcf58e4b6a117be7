"""Sources: where artifacts are brought from. Each speaks of a Prefect server in the same way: see `source.py`."""
