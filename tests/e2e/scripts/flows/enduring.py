"""A flow of one task after the other, each with a version of an artifact, a step of progress and an event of its own.

Arguments: the key, how many tasks, how many seconds each takes. Prints the number of each task that is done, and in
the end as JSON what the flow came to.
"""

import json
import sys
from time import sleep
from typing import Any
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.events import emit_event
from prefect.runtime import flow_run, task_run

DONE = "enduring.done"


@task
def step(key: str, number: int, progress: UUID, seconds: float) -> dict[str, Any]:
    sleep(seconds)
    made = create_markdown_artifact(f"version {number}", key=key)
    update_progress_artifact(progress, float(number))
    emit_event(DONE, {"prefect.resource.id": f"{key}.{number}"})
    return {"id": str(made), "flow_run_id": flow_run.id, "task_run_id": task_run.id}


@flow
def enduring(key: str, tasks: int, seconds: float) -> dict[str, Any]:
    progress = create_progress_artifact(0.0, key=f"{key}-progress")
    assert isinstance(progress, UUID)
    notes = []
    for number in range(1, tasks + 1):
        notes.append(step(key, number, progress, seconds))
        print(number, flush=True)
    return {"flow_run_id": flow_run.id, "notes": notes}


if __name__ == "__main__":
    key, tasks, seconds = sys.argv[1:]
    print(json.dumps(enduring(key, int(tasks), float(seconds))))
