"""The versions of a key are found by their age: what is imported may be older than what stands before it."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_index("ix_artifacts_key", "artifacts")
    op.create_index("ix_artifacts_key", "artifacts", ["log", "key", "created", "created_position"])
