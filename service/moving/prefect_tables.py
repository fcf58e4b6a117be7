"""The tables of Prefect's server that hold artifacts and events, as one release of it has them."""

from sqlalchemy import JSON, Column, DateTime, MetaData, String, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

RELEASE = "3.9.1"
REVISIONS = {"sqlite": "27d8f4e1a6c9", "postgresql": "91e2b8f3d6a4"}
"""What Alembic calls that release's tables."""

TABLES = MetaData()
"""Not this server's own."""

ID = Uuid(as_uuid=False).with_variant(String(36), "sqlite")
MOMENT = DateTime(timezone=True)
INDEXED_JSON = JSON().with_variant(JSONB(), "postgresql")

ARTIFACT = Table(
    "artifact",
    TABLES,
    Column("id", ID, primary_key=True),
    Column("created", MOMENT),
    Column("updated", MOMENT),
    Column("key", String),
    Column("type", String),
    Column("description", String),
    Column("data", JSON),
    Column("metadata_", JSON),
    Column("flow_run_id", ID),
    Column("task_run_id", ID),
)

ARTIFACT_COLLECTION = Table(
    "artifact_collection",
    TABLES,
    Column("id", ID, primary_key=True),
    Column("created", MOMENT),
    Column("updated", MOMENT),
    Column("key", String, unique=True),
    Column("latest_id", ID),
    Column("type", String),
    Column("description", String),
    Column("data", JSON),
    Column("metadata_", JSON),
    Column("flow_run_id", ID),
    Column("task_run_id", ID),
)

EVENT = Table(
    "events",
    TABLES,
    Column("id", ID, primary_key=True),
    Column("occurred", MOMENT),
    Column("event", Text),
    Column("resource_id", Text),
    Column("resource", INDEXED_JSON),
    Column("related_resource_ids", INDEXED_JSON),
    Column("related", INDEXED_JSON),
    Column("payload", INDEXED_JSON),
    Column("received", MOMENT),
    Column("recorded", MOMENT),
    Column("follows", ID),
)

EVENT_RESOURCE = Table(
    "event_resources",
    TABLES,
    Column("occurred", MOMENT),
    Column("resource_id", Text),
    Column("resource_role", Text),
    Column("resource", JSON),
    Column("event_id", ID),
)
"""Ids and times of these rows are the database's own."""
