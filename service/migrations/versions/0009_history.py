"""The tables of the projection `history`."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
FIRST = "version = 1"
WALKED = ("version", "is_in_order")


def upgrade() -> None:
    op.create_table(
        "artifact_history",
        *place(),
        sa.Column("key", TEXT),
        *runs(),
        sa.Column("created_position", sa.BigInteger, nullable=False),
        *state(),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "collection_history",
        *place(),
        sa.Column("key", TEXT),
        sa.Column("latest_id", TEXT, nullable=False),
        *runs(),
        *state(),
        sqlite_with_rowid=False,
    )
    for table in ("artifact_history", "collection_history"):
        index(table, "first", *WALKED, "position", "gone_position", where=f"{FIRST} AND is_in_order = 1")
        index(table, "first_other", *WALKED, "id", "gone_position", where=f"{FIRST} AND is_in_order = 0")
        index(table, "key", "version", "key", "created", "position", where=FIRST)
        index(table, "updated", "is_in_order", "position", where="is_in_order = 1")
        index(table, "updated_other", "is_in_order", "updated", where="is_in_order = 0")
    index("artifact_history", "first_created", *WALKED, "created", where=f"{FIRST} AND is_in_order = 0")
    for run in ("flow_run_id", "task_run_id"):
        index("artifact_history", run, "version", run, where=f"{FIRST} AND {run} IS NOT NULL")
        index("collection_history", run, run, where=f"{run} IS NOT NULL")


def place() -> list[sa.Column[Any]]:
    return [
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("until_position", sa.BigInteger),
        sa.Column("gone_position", sa.BigInteger),
        sa.Column("is_in_order", sa.Integer, nullable=False),
    ]


def runs() -> list[sa.Column[Any]]:
    return [
        sa.Column("type", TEXT),
        sa.Column("flow_run_id", TEXT),
        sa.Column("task_run_id", TEXT),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("updated", sa.BigInteger, nullable=False),
    ]


def state() -> list[sa.Column[Any]]:
    return [
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("recorded", sa.BigInteger, nullable=False),
        sa.Column("data_position", sa.BigInteger, nullable=False),
        sa.Column("description_position", sa.BigInteger, nullable=False),
        sa.Column("metadata_position", sa.BigInteger, nullable=False),
    ]


def index(table: str, name: str, *columns: str, where: str) -> None:
    some = sa.text(where)
    op.create_index(
        f"ix_{table}_{name}", table, ["log", "generation", *columns], sqlite_where=some, postgresql_where=some
    )
