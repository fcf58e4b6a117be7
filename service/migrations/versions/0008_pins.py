"""The pins: artifacts that no retention policy touches."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pins",
        sa.Column("log", sa.Integer, primary_key=True),
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("key", TEXT),
        sa.Column("type", TEXT),
        sa.Column("recorded", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
