"""Publish versions of one key, several at a time. Prints the flow's run and the artifacts.

Arguments: the key and how many versions.
"""

import json
import sys
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.runtime import flow_run, task_run
from prefect.task_runners import ThreadPoolTaskRunner


@task
def publish(key: str, number: int) -> dict[str, Any]:
    made = create_markdown_artifact(f"{flow_run.id} {number}", key=key)
    return {"id": str(made), "flow_run_id": flow_run.id, "task_run_id": task_run.id}


@flow(task_runner=ThreadPoolTaskRunner(max_workers=4))
def many(key: str, versions: int) -> dict[str, Any]:
    futures = [publish.submit(key, number) for number in range(versions)]
    return {"flow_run_id": flow_run.id, "notes": [each.result() for each in futures]}


if __name__ == "__main__":
    print(json.dumps(many(sys.argv[1], int(sys.argv[2]))))
