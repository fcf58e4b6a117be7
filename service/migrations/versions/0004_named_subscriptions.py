"""Named subscriptions and their deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("log", sa.Integer, primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("filter", sa.Text, nullable=False),
        sa.Column("start", TEXT, nullable=False),
        sa.Column("visibility", sa.BigInteger, nullable=False),
        sa.Column("attempts_max", sa.Integer, nullable=False),
        sa.Column("webhook", sa.Text),
        sa.Column("scanned", sa.BigInteger, nullable=False),
        sa.Column("begun", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("paused_until", sa.BigInteger, nullable=False),
        sa.Column("disabled", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deliveries",
        sa.Column("log", sa.Integer, primary_key=True),
        sa.Column("subscription", TEXT, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("lease", TEXT),
        sa.Column("member", TEXT),
        sa.Column("error", sa.Text),
        sqlite_with_rowid=False,
    )
