"""The flows that Prefect's documentation shows for artifacts, one after the other.

Prints as JSON, by the name of each flow, the flow's run and what was noted in it: each artifact, and the runs in which
it was made as they themselves see it.
"""

import json
from collections.abc import Callable
from math import nan
from time import sleep
from uuid import UUID

from prefect import flow, tags, task
from prefect.artifacts import (
    Artifact,
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.assets import add_asset_metadata, materialize
from prefect.events import emit_event
from prefect.runtime import flow_run, task_run

Note = dict[str, str | None]

BATCHES = 4
TABLES: dict[str, dict[str, list[object]] | list[dict[str, object]] | list[list[object]]] = {
    "dict-of-lists": {"customer": ["12345", "56789"], "churn": [0.85, nan]},
    "list-of-dicts": [{"customer": "12345", "churn": 0.85}, {"customer": "56789", "churn": nan}],
    "list-of-lists": [["12345", 0.85], ["56789", nan]],
}


def note(artifact_id: UUID | None) -> Note:
    """An artifact and its runs. The event is related to them by the SDK: what it relates is what is to be expected."""
    emit_event("beside.noted", {"prefect.resource.id": f"beside.{artifact_id}"})
    return {"id": str(artifact_id), "flow_run_id": flow_run.id, "task_run_id": task_run.id}


@task
def look_for_variability() -> Note:
    link = "https://bucket.example/highly_variable_data.csv"
    return note(create_link_artifact(key="irregular-data", link=link, description="## Highly variable data"))


@task
def look_for_accuracy() -> Note:
    link = "https://bucket.example/low_pred_data.csv"
    return note(create_link_artifact(key="irregular-data", link=link, description="# Low prediction accuracy"))


@flow
def links() -> list[Note]:
    return [look_for_variability(), look_for_accuracy()]


@flow
def link_in_a_flow() -> list[Note]:
    link = "https://www.prefect.io/"
    return [note(create_link_artifact(key="my-important-link", link=link, link_text="Prefect"))]


@task
def write_report() -> Note:
    revenue = 500_000
    text = f"""# Sales Report

| Region        | Revenue |
|:--------------|-------:|
| North America | ${revenue:,} |
"""
    return note(create_markdown_artifact(key="gtm-report", markdown=text, description="Quarterly Sales Report"))


@flow
def report() -> list[Note]:
    return [write_report()]


@task
def fetch_in_batches() -> Note:
    progress = create_progress_artifact(progress=0.0, description="Indicates the progress of fetching data.")
    assert isinstance(progress, UUID)
    for batch in range(1, BATCHES + 1):
        sleep(0.05)
        update_progress_artifact(artifact_id=progress, progress=100 * batch / BATCHES)
    return note(progress)


@flow
def etl() -> list[Note]:
    return [fetch_in_batches()]


@task
def write_table(shape: str) -> Note:
    return note(create_table_artifact(key=shape, table=TABLES[shape], description="# Please reach out!"))


@flow
def tables() -> list[Note]:
    with tags("reach-out"):
        return [each.result() for each in [write_table.submit(shape) for shape in TABLES]]


@task
def draw() -> Note:
    image = "https://media.example/plot.gif"
    return note(create_image_artifact(image_url=image, description="A gif.", key="gif"))


@flow(flow_run_name="a picture", version="7")
def image() -> list[Note]:
    with tags("drawn", "in colour"):
        return [draw()]


@task
def get_and_create() -> Note:
    found = Artifact.get("gtm-report")
    assert found is not None
    assert (found.type, found.description) == ("markdown", "Quarterly Sales Report")
    made, is_new = Artifact.get_or_create(key="model", type="model", data={"weights": [1, 2.5]})
    again, is_new_again = Artifact.get_or_create(key="model", type="model", data={"weights": []})
    assert (made.id, is_new, is_new_again) == (again.id, True, False)
    return note(made.id)


@flow
def getting() -> list[Note]:
    return [get_and_create()]


@materialize("s3://lake/clean/orders", asset_deps=["s3://lake/raw/orders"], by="dbt")
def clean() -> int:
    add_asset_metadata("s3://lake/clean/orders", {"rows": 2})
    return 2


@materialize("s3://lake/report")
def summarize(rows: int) -> Note:
    return note(create_markdown_artifact(f"{rows} rows", key="orders"))


@flow
def lineage() -> list[Note]:
    return [summarize(clean())]


def run(each: Callable[..., object]) -> dict[str, object]:
    state = each(return_state=True)  # type: ignore[call-arg]
    return {"flow_run_id": str(state.state_details.flow_run_id), "notes": state.result()}


FLOWS = (links, link_in_a_flow, report, etl, tables, image, getting, lineage)
told = {each.fn.__name__: run(each) for each in FLOWS}
outside = note(create_markdown_artifact("Outside of any run", key="outside"))
print(json.dumps(told | {"outside": {"flow_run_id": None, "notes": [outside]}}))
