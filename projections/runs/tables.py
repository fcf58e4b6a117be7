"""The tables of the projection `runs`. Moments are microseconds; tags are a JSON array of texts, null while unknown.

Each row keeps the moments as of which it knows what it knows: only what is as new or newer replaces that.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from events.stores.tables import BYTEWISE, METADATA

NAME = "runs"


def _place() -> list[Column[int]]:
    return [
        Column("log", Integer, primary_key=True, autoincrement=False),
        Column("generation", Integer, primary_key=True, autoincrement=False),
    ]


_SUBFLOW = text("parent_task_run_id IS NOT NULL")

FLOW_RUNS = Table(
    "flow_runs",
    METADATA,
    *_place(),
    Column("id", BYTEWISE, primary_key=True),
    Column("name", BYTEWISE),
    Column("named", BigInteger),
    Column("flow_id", BYTEWISE),
    Column("deployment_id", BYTEWISE),
    Column("work_queue_id", BYTEWISE),
    Column("work_queue_name", BYTEWISE),
    Column("work_pool_id", BYTEWISE),
    Column("work_pool_name", BYTEWISE),
    Column("parent_task_run_id", BYTEWISE),
    Column("told", BigInteger),
    Column("state_type", BYTEWISE),
    Column("state_name", BYTEWISE),
    Column("state_timestamp", BigInteger),
    Column("run_count", BigInteger),
    Column("end_time", BigInteger),
    Column("next_scheduled_start_time", BigInteger),
    Column("start_time", BigInteger),
    Column("tags", Text),
    Column("flow_version", BYTEWISE),
    Column("idempotency_key", BYTEWISE),
    Column("created_by_id", BYTEWISE),
    Column("created_by_type", BYTEWISE),
    Column("expected_start_time", BigInteger),
    Column("observed", BigInteger),
    Index(
        "ix_flow_runs_parent_task_run_id",
        "log",
        "generation",
        "parent_task_run_id",
        sqlite_where=_SUBFLOW,
        postgresql_where=_SUBFLOW,
    ),
)

TASK_RUNS = Table(
    "task_runs",
    METADATA,
    *_place(),
    Column("id", BYTEWISE, primary_key=True),
    Column("name", BYTEWISE),
    Column("flow_run_id", BYTEWISE),
    Column("state_type", BYTEWISE),
    Column("state_name", BYTEWISE),
    Column("state_timestamp", BigInteger),
    Column("run_count", BigInteger),
    Column("tags", Text),
    Column("task_key", BYTEWISE),
    Column("expected_start_time", BigInteger),
    Column("start_time", BigInteger),
    Column("end_time", BigInteger),
    Column("described", BigInteger),
)

FLOWS = Table(
    "flows",
    METADATA,
    *_place(),
    Column("id", BYTEWISE, primary_key=True),
    Column("name", BYTEWISE),
    Column("named", BigInteger),
    Column("tags", Text),
    Column("described", BigInteger),
    Column("deleted", BigInteger),
)

DEPLOYMENTS = Table(
    "deployments",
    METADATA,
    *_place(),
    Column("id", BYTEWISE, primary_key=True),
    Column("name", BYTEWISE),
    Column("named", BigInteger),
    Column("flow_id", BYTEWISE),
    Column("work_queue_name", BYTEWISE),
    Column("tags", Text),
    Column("paused", Integer),
    Column("observed", BigInteger),
    Column("deleted", BigInteger),
    Index("ix_deployments_flow_id", "log", "generation", "flow_id"),
)
