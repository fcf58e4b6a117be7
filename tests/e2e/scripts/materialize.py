"""Materialize assets with the SDK's tasks, one of which fails; the events leave through the SDK's own worker."""

from contextlib import suppress

from prefect.assets import Asset, AssetProperties, add_asset_metadata, materialize

RAW = "s3://lake/raw/orders"
CLEAN = Asset(
    key="s3://lake/clean/orders",
    properties=AssetProperties(name="Orders", description="Größe ✓", url="https://lake.example", owners=["ann"]),
)
REPORT = "s3://lake/report"


@materialize(CLEAN, by="dbt", asset_deps=[RAW])
def clean(rows: int) -> None:
    add_asset_metadata(CLEAN, {"rows": rows, "ratio": 1.0})


@materialize(REPORT, asset_deps=[CLEAN])
def report() -> None:
    raise ValueError("no paper")


clean(1)
clean(2)
with suppress(ValueError):
    report()
