"""Events can be listed by the moment at which they happened."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_events_occurred", "events", ["log", "occurred", "position"])
