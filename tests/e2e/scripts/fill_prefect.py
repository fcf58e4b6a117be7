"""Fill a Prefect server with artifacts of all sorts, through the SDK, in a flow and outside of one."""

import warnings

from prefect import flow, task
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

warnings.simplefilter("ignore", FutureWarning)

UPSTREAM, DOWNSTREAM = "s3://bucket/raw.csv", "s3://bucket/report.csv"


@task
def publish(number: int) -> None:
    create_markdown_artifact(f'# Report {number}\n\nÄ ✓ 𝄞 "quoted" \\ \t', key="in-a-flow", description="d")


@task
def load() -> None:
    progress = create_progress_artifact(0.0, key="loading", description="rows")
    for percent in (25.0, 50.0, 100.0):
        update_progress_artifact(progress, percent)


@materialize(DOWNSTREAM, asset_deps=[UPSTREAM])
def make_report() -> None:
    add_asset_metadata(DOWNSTREAM, {"rows": 5, "share": 1.0})


@flow
def pipeline() -> None:
    for number in range(3):
        publish(number)
    load()
    make_report()


create_link_artifact("https://example.com", link_text="a link", key="a-link")
create_table_artifact({"a": [1, 2], "b": [1.5, float("nan")]}, key="a-table")
create_table_artifact([{"a": 1}, {"a": None}], key="a-table", description="as dicts")
create_table_artifact([[1, "x"], [2, "y"]], key="a-table")
create_image_artifact("https://example.com/1.jpg", key="an-image")
create_markdown_artifact("without a key")
create_markdown_artifact("# Large\n" + "x" * 2_000_000, key="large")
Artifact(key="bare", type="custom", data={"nested": [1, 2.0, None, True]}).create()
alone = create_progress_artifact(10.0)
update_progress_artifact(alone, 60.0, description="nearly")
pipeline()
print("filled")
