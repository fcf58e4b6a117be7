"""An automation that posts to an address when the collection of a key changes; then a flow that publishes the key.

Arguments: the address, the key, and how many versions to publish. Prints the flow's run and its artifacts.
"""

import json
import sys

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.automations import Automation
from prefect.blocks.webhook import Webhook
from prefect.events.actions import CallWebhook
from prefect.events.schemas.automations import EventTrigger
from prefect.runtime import flow_run

PAYLOAD = """{
    "id": {{ event.id | string | tojson }},
    "key": {{ event.payload.key | tojson }},
    "data": {{ event.payload.data | tojson }},
    "flow_run": {{ flow_run.name | tojson }}
}"""


def automate(address: str, key: str) -> None:
    webhook = Webhook(url=address, method="POST")
    block = webhook.save(f"tell-of-{key}")
    Automation(
        name=f"tell of {key}",
        trigger=EventTrigger(
            expect={"prefect.artifact-collection.updated"}, match={"prefect.resource.name": key}, threshold=1
        ),
        actions=[CallWebhook(block_document_id=block, payload=PAYLOAD)],
    ).create()


@task
def publish(key: str, number: int) -> str:
    return str(create_markdown_artifact(f"version {number}", key=key))


@flow
def report(key: str, versions: int) -> dict[str, object]:
    publish("another-" + key, 1)
    publish("another-" + key, 2)
    made = [publish(key, number) for number in range(1, versions + 1)]
    return {"flow_run_id": flow_run.id, "name": flow_run.name, "artifacts": made}


if __name__ == "__main__":
    address, key, versions = sys.argv[1:]
    automate(address, key)
    print(json.dumps(report(key, int(versions))))
