"""A flow that calls another one, and tasks whose futures it waits for. Prints the runs of both, and the artifacts."""

import json
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.futures import as_completed, wait
from prefect.runtime import flow_run, task_run


@task(retries=1, retry_delay_seconds=0.1)
def publish(key: str) -> dict[str, Any]:
    if task_run.run_count == 1:
        raise ValueError("not yet")
    made = create_markdown_artifact(key, key=key)
    return {"id": str(made), "flow_run_id": flow_run.id, "task_run_id": task_run.id}


@flow
def child(key: str) -> dict[str, Any]:
    future = publish.submit(key)
    future.wait()
    return {"flow_run_id": flow_run.id, "parent": flow_run.parent_flow_run_id, "notes": [future.result()]}


@flow
def parent() -> dict[str, Any]:
    futures = [publish.submit(f"parent-{number}") for number in range(3)]
    done, not_done = wait(futures)
    assert (len(done), not_done) == (3, set())
    notes = [each.result() for each in as_completed(futures)]
    return {"flow_run_id": flow_run.id, "notes": notes, "child": child("child")}


if __name__ == "__main__":
    print(json.dumps(parent()))
