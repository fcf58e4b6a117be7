"""A background task: `serve` it until stopped, or `call` it and print what it came to, as it does itself."""

import json
import sys
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.runtime import task_run
from prefect.task_worker import serve

TIMEOUT_S = 30


@task(persist_result=True, tags=["in-background"])
def publish(number: int) -> dict[str, Any]:
    made = create_markdown_artifact(f"# {number}", key=f"background-{number}")
    return {"id": str(made), "flow_run_id": None, "task_run_id": task_run.id}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(publish)
    futures = [publish.delay(number) for number in range(int(sys.argv[2]))]
    for each in futures:
        each.wait(timeout=TIMEOUT_S)
    print(json.dumps([each.result(timeout=TIMEOUT_S) for each in futures]))
