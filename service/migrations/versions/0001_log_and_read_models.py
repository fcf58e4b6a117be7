"""The log, its inline read models, and the API keys.

The tables are written out here and not imported: a migration must stay what it was when the code moves on. A test
compares the result with the tables that the code speaks of.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    create_log()
    create_read_models()
    create_api_keys()
    refuse_changes("events")
    refuse_changes("event_bodies")


def create_log() -> None:
    op.create_table(
        "logs",
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", TEXT, nullable=False, unique=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("recorded", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        postgresql_with={"fillfactor": 10},
    )
    op.create_table(
        "events",
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("recorded", sa.BigInteger, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
        sa.Column("occurred", sa.BigInteger, nullable=False),
        sa.Column("follows", TEXT),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("related", sa.Text, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("key", TEXT),
        sa.Column("type", TEXT),
        sa.Column("flow_run_id", TEXT),
        sa.Column("task_run_id", TEXT),
        sa.Column("latest_before", TEXT),
        sa.Column("latest_after", TEXT),
        sa.Column("created", sa.BigInteger),
        sa.Column("updated", sa.BigInteger),
        sa.Column("created_position", sa.BigInteger),
        sa.Column("data_position", sa.BigInteger),
        sa.Column("description_position", sa.BigInteger),
        sa.Column("metadata_position", sa.BigInteger),
        sa.Column("commitment", sa.LargeBinary),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("log", "id", name="uq_events_id"),
    )
    op.create_index("uq_events_stream_version", "events", ["log", "category", "stream", "version"], unique=True)
    op.create_table(
        "event_bodies",
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        postgresql_partition_by="RANGE (position)",
    )


def create_read_models() -> None:
    op.create_table(
        "artifacts",
        sa.Column("log", sa.Integer, primary_key=True),
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("key", TEXT),
        *state_columns(),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "collections",
        sa.Column("log", sa.Integer, primary_key=True),
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("latest_id", TEXT, nullable=False),
        *(column for column in state_columns() if column.name != "created_position"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_artifacts_key", "artifacts", ["log", "key", "created_position"])
    op.create_index("ix_collections_id", "collections", ["log", "id"])
    for table in ("artifacts", "collections"):
        op.create_index(f"ix_{table}_created", table, ["log", "created"])
        op.create_index(f"ix_{table}_updated", table, ["log", "updated"])
        for column in ("flow_run_id", "task_run_id"):
            some = sa.text(f"{column} IS NOT NULL")
            op.create_index(f"ix_{table}_{column}", table, ["log", column], sqlite_where=some, postgresql_where=some)


def state_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("type", TEXT),
        sa.Column("flow_run_id", TEXT),
        sa.Column("task_run_id", TEXT),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sa.Column("created_position", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("recorded", sa.BigInteger, nullable=False),
        sa.Column("data_position", sa.BigInteger, nullable=False),
        sa.Column("description_position", sa.BigInteger, nullable=False),
        sa.Column("metadata_position", sa.BigInteger, nullable=False),
    ]


def create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("log", TEXT),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("revoked", sa.BigInteger),
    )


def refuse_changes(table: str) -> None:
    """What is recorded stays as it is: the database itself refuses to change or delete it."""
    message = f"{table} is append-only"
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_row BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )
