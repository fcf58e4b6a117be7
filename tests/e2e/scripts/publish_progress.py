"""Publishes a progress under a key, outside a run."""

import sys

from prefect.artifacts import create_progress_artifact

key, value = sys.argv[1:]
create_progress_artifact(float(value), key=key)
