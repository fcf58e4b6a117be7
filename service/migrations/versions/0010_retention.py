"""The retention policies, and an index of deletions alone: so what may go is found without reading all."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
DELETIONS = sa.text("kind = 'prefect.artifact.deleted'")


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("log", sa.Integer, primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sa.Column("data_position", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("recorded", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_events_deletions", "events", ["log", "position"], sqlite_where=DELETIONS, postgresql_where=DELETIONS
    )
