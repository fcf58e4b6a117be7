"""Publish in a flow, in its task, in a subflow and in that one's task, all with tags of their own.

Beside each artifact an event is emitted about `beside.<its id>`. Prints the ids of the artifacts.
"""

import json

from prefect import flow, tags, task
from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event


def publish(key: str) -> str:
    made = str(create_markdown_artifact(key, key=key))
    emit_event("beside.noted", {"prefect.resource.id": f"beside.{made}"})
    return made


@task(tags=["of-task"])
def in_task(key: str) -> str:
    return publish(key)


@flow
def child() -> list[str]:
    return [publish("in-child"), in_task("in-task-of-child")]


@flow(name="of many things")
def parent() -> list[str]:
    return [publish("in-parent"), in_task.submit("in-task-of-parent").result(), *child()]


if __name__ == "__main__":
    with tags("of-run", "ü 🚀"):
        print(json.dumps(parent()))
