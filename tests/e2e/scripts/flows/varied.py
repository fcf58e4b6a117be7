"""Runs of many sorts: named, tagged, nested, failed, scheduled by deployments. Each publishes where it runs.

Argument: how the keys of the artifacts begin.
"""

import sys

from prefect import flow, tags, task
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.runtime import task_run

PREFIX = sys.argv[1]


@task(tags=["of-task"])
def noted(key: str) -> None:
    create_markdown_artifact(key, key=f"{PREFIX}-{key}")


@task
def broken(key: str) -> None:
    create_markdown_artifact(key, key=f"{PREFIX}-{key}")
    raise ValueError(task_run.name)


@flow(name="red Fox", version="1", flow_run_name="fox-{key}")
def child(key: str) -> None:
    create_markdown_artifact(key, key=f"{PREFIX}-{key}")


@flow(name="blue_fox", version="2")
def parent(key: str) -> None:
    create_markdown_artifact(key, key=f"{PREFIX}-{key}")
    noted(f"{key}-task")
    child(f"{key}-child")
    broken(f"{key}-broken", return_state=True)


def deploy() -> None:
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(child)
        for name, labels in (("night_ly", ["etl"]), ("Weekly", [])):
            client.create_deployment(flow_id=flow_id, name=name, tags=labels, paused=name == "Weekly")
            run_deployment(f"red Fox/{name}", parameters={"key": name}, timeout=0, tags=["asked"], idempotency_key=name)


if __name__ == "__main__":
    parent("plain")
    with tags("etl", "a,b"):
        parent("tagged")
        child("alone")
    deploy()
