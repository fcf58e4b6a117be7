"""Events are found by who wrote them, by the key of the artifact, and by the run."""

from alembic import op
from sqlalchemy import text

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_index("ix_events_actor", "events", ["log", "actor", "position"])
    for column in ("key", "flow_run_id", "task_run_id"):
        some = text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_events_{column}", "events", ["log", column, "position"], sqlite_where=some, postgresql_where=some
        )
