"""The tables of the projection `runs`."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    create_flow_runs()
    op.create_table(
        "task_runs",
        *place(),
        sa.Column("name", TEXT),
        sa.Column("flow_run_id", TEXT),
        sa.Column("state_type", TEXT),
        sa.Column("state_name", TEXT),
        sa.Column("state_timestamp", sa.BigInteger),
        sa.Column("run_count", sa.BigInteger),
        sa.Column("tags", sa.Text),
        sa.Column("task_key", TEXT),
        sa.Column("expected_start_time", sa.BigInteger),
        sa.Column("start_time", sa.BigInteger),
        sa.Column("end_time", sa.BigInteger),
        sa.Column("described", sa.BigInteger),
    )
    op.create_table(
        "flows",
        *place(),
        sa.Column("name", TEXT),
        sa.Column("named", sa.BigInteger),
        sa.Column("tags", sa.Text),
        sa.Column("described", sa.BigInteger),
        sa.Column("deleted", sa.BigInteger),
    )
    op.create_table(
        "deployments",
        *place(),
        sa.Column("name", TEXT),
        sa.Column("named", sa.BigInteger),
        sa.Column("flow_id", TEXT),
        sa.Column("work_queue_name", TEXT),
        sa.Column("tags", sa.Text),
        sa.Column("paused", sa.Integer),
        sa.Column("observed", sa.BigInteger),
        sa.Column("deleted", sa.BigInteger),
    )
    op.create_index("ix_deployments_flow_id", "deployments", ["log", "generation", "flow_id"])


def create_flow_runs() -> None:
    op.create_table(
        "flow_runs",
        *place(),
        sa.Column("name", TEXT),
        sa.Column("named", sa.BigInteger),
        sa.Column("flow_id", TEXT),
        sa.Column("deployment_id", TEXT),
        sa.Column("work_queue_id", TEXT),
        sa.Column("work_queue_name", TEXT),
        sa.Column("work_pool_id", TEXT),
        sa.Column("work_pool_name", TEXT),
        sa.Column("parent_task_run_id", TEXT),
        sa.Column("told", sa.BigInteger),
        sa.Column("state_type", TEXT),
        sa.Column("state_name", TEXT),
        sa.Column("state_timestamp", sa.BigInteger),
        sa.Column("run_count", sa.BigInteger),
        sa.Column("end_time", sa.BigInteger),
        sa.Column("next_scheduled_start_time", sa.BigInteger),
        sa.Column("start_time", sa.BigInteger),
        sa.Column("tags", sa.Text),
        sa.Column("flow_version", TEXT),
        sa.Column("idempotency_key", TEXT),
        sa.Column("created_by_id", TEXT),
        sa.Column("created_by_type", TEXT),
        sa.Column("expected_start_time", sa.BigInteger),
        sa.Column("observed", sa.BigInteger),
    )
    subflow = sa.text("parent_task_run_id IS NOT NULL")
    op.create_index(
        "ix_flow_runs_parent_task_run_id",
        "flow_runs",
        ["log", "generation", "parent_task_run_id"],
        sqlite_where=subflow,
        postgresql_where=subflow,
    )


def place() -> list[sa.Column[int] | sa.Column[str]]:
    return [
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", TEXT, primary_key=True),
    ]
