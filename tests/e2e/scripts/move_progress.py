"""Moves a progress, outside a run."""

import sys
from uuid import UUID

from prefect.artifacts import update_progress_artifact

id, value = sys.argv[1:]
update_progress_artifact(UUID(id), float(value))
