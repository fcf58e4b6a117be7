"""Publish an artifact of each type, some outside of runs and some inside, and print as JSON all ids by name."""

import json
import sys

from prefect import flow, task
from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.runtime import flow_run, task_run

PICTURE = sys.argv[1]

Ids = dict[str, str]


def outside_of_runs() -> Ids:
    june = "# Sales of June\n\n* **north** 12\n* **south** 30"
    table = [{"region": "north", "sold": 12}, {"region": "south", "sold": 30}]
    return {
        "older": str(create_markdown_artifact("# Sales of May", key="sales", description="Sales by region")),
        "markdown": str(create_markdown_artifact(june, key="sales", description="Sales by region")),
        "link": str(create_link_artifact("https://example.com/report", "The report", key="report")),
        "table": str(create_table_artifact(table, key="regions")),
        "image": str(create_image_artifact(PICTURE, key="plot")),
    }


@task(task_run_name="load")
def load() -> Ids:
    progress = create_progress_artifact(0.0, key="loading")
    update_progress_artifact(progress, 60.0)
    return {"progress": str(progress), "task run": str(task_run.id)}


@flow(flow_run_name="nightly")
def nightly() -> Ids:
    loaded = load()
    summary = create_markdown_artifact("# Loaded from two regions", key="nightly-summary")
    return {**loaded, "summary": str(summary), "flow run": str(flow_run.id)}


print(json.dumps(outside_of_runs() | nightly()))
