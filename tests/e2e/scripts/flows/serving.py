"""Serve a deployment of each flow here, until it is stopped: `publish/served` and `sleep/served`."""

import sys
from time import sleep as sleep_s

from prefect import flow, serve, task
from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event
from prefect.runtime import flow_run, task_run


@task
def write(key: str) -> None:
    made = create_markdown_artifact(f"by {flow_run.name}", key=key)
    emit_event("beside.noted", {"prefect.resource.id": f"beside.{made}"}, payload={"task_run_id": task_run.id})


@flow
def publish(key: str = "served") -> str:
    write(key)
    return key


@flow
def sleep(seconds: float = 600) -> None:
    print("asleep", flush=True)
    sleep_s(seconds)


if __name__ == "__main__":
    serve(
        publish.to_deployment("served", tags=["nightly"], description="Of a test"),
        sleep.to_deployment("served"),
        query_seconds=float(sys.argv[1]) if len(sys.argv) > 1 else 1,
    )
