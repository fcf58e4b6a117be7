"""Checkpoints of catch-up projections, and the first of these: assets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    create_checkpoints()
    create_assets()


def create_checkpoints() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("projection", TEXT, primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("is_serving", sa.Integer, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("error", sa.Text),
    )
    one = sa.text("is_serving = 1")
    op.create_index(
        "uq_checkpoints_serving",
        "checkpoints",
        ["log", "projection"],
        unique=True,
        sqlite_where=one,
        postgresql_where=one,
    )


def create_assets() -> None:
    op.create_table(
        "assets",
        *place(),
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("owners", sa.Text),
        sa.Column("first_position", sa.BigInteger, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.Column("materialized_position", sa.BigInteger),
        sa.Column("materialized", sa.BigInteger),
        sa.Column("status", TEXT),
        sa.Column("referenced", sa.BigInteger, nullable=False),
        sa.Column("succeeded", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "asset_materializations",
        *place(),
        sa.Column("asset", TEXT, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("occurred", sa.BigInteger, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("flow_run_id", TEXT),
        sa.Column("task_run_id", TEXT),
        sa.Column("materialized_by", sa.Text),
    )
    op.create_table(
        "asset_edges",
        *place(),
        sa.Column("upstream", TEXT, primary_key=True),
        sa.Column("downstream", TEXT, primary_key=True),
        sa.Column("first_position", sa.BigInteger, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_asset_edges_downstream", "asset_edges", ["log", "generation", "downstream", "upstream"])


def place() -> list[sa.Column[int]]:
    return [
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    ]
