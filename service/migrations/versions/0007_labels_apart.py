"""What names things in an event has a commitment of its own, so that it can be erased; and absences say what was.

Events that are there already are linked anew. The bodies' commitments stay as they are.
"""

import json
import secrets
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TEXT = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
PAGE = 1_000
HEADER = (
    *("position", "recorded", "id", "kind", "category", "version", "schema_version", "occurred", "follows"),
    *("labels_commitment", "actor", "client", "address", "request_id", "type", "flow_run_id", "task_run_id"),
    *("latest_before", "latest_after", "created", "updated", "created_position"),
    *("data_position", "description_position", "metadata_position", "commitment"),
)
ESCAPED = ("kind", "type", "stream")
KEPT = ("log", *(name for name in HEADER if name not in ("position", "commitment")), "position", "commitment", "hash")


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("part", TEXT, primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("cause", sa.BigInteger, nullable=False),
    )
    op.add_column("events", sa.Column("labels_salt", sa.LargeBinary))
    op.add_column("events", sa.Column("labels_commitment", sa.LargeBinary))
    let_changes_pass()
    for log, name in op.get_bind().execute(sa.text("SELECT log, name FROM logs")).all():
        link_anew(log, name)
    refuse_changes()


def link_anew(log: int, name: str) -> None:
    before = sha256(f"digsite log {name}".encode()).digest()
    for row in rows(log):
        salt = secrets.token_bytes(16)
        names = [row["stream"], json.loads(row["resource"]), json.loads(row["related"]), row["key"]]
        row["labels_commitment"] = sha256(salt + compact(names)).digest()
        covered = [value.hex() if isinstance(value, bytes) else value for value in (row[each] for each in HEADER)]
        before = sha256(before + compact(covered)).digest()
        op.get_bind().execute(
            sa.text(
                "UPDATE events SET labels_salt = :salt, labels_commitment = :commitment, hash = :hash "
                "WHERE log = :log AND position = :position"
            ),
            {
                "salt": salt,
                "commitment": row["labels_commitment"],
                "hash": before,
                "log": log,
                "position": row["position"],
            },
        )
    op.get_bind().execute(sa.text("UPDATE logs SET hash = :hash WHERE log = :log"), {"hash": before, "log": log})


def rows(log: int) -> Iterator[dict[str, Any]]:
    """The headers, a page at a time; their texts as they were before they were stored."""
    page = sa.text("SELECT * FROM events WHERE log = :log AND position > :after ORDER BY position LIMIT :limit")
    after = 0
    while found := op.get_bind().execute(page, {"log": log, "after": after, "limit": PAGE}).mappings().all():
        for each in found:
            row = dict(each)
            row.update({name: restored(row[name]) for name in ESCAPED})
            row["commitment"] = None if row["commitment"] is None else bytes(row["commitment"])
            yield row
        after = found[-1]["position"]


def restored(text: str | None) -> str | None:
    """In the database, DLE 0 stands for NUL, and DLE DLE for DLE."""
    return text and "\x10".join(part.replace("\x100", "\0") for part in text.split("\x10\x10"))


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def let_changes_pass() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER events_refuse_update")
        op.execute("DROP TRIGGER event_bodies_refuse_delete")
    else:
        op.execute("ALTER TABLE events DISABLE TRIGGER events_refuse_row")


def refuse_changes() -> None:
    """What is recorded stays as it is, but for the parts that are marked as absent."""
    if op.get_bind().dialect.name == "sqlite":
        kept = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in KEPT)
        op.execute(
            f"CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events "
            f"WHEN NOT ({absent('labels')} AND NEW.labels_salt IS NULL AND {kept}) "
            "BEGIN SELECT RAISE(ABORT, 'events is append-only'); END"
        )
        op.execute(
            f"CREATE TRIGGER event_bodies_refuse_delete BEFORE DELETE ON event_bodies WHEN NOT ({absent('body')}) "
            "BEGIN SELECT RAISE(ABORT, 'event_bodies is append-only'); END"
        )
        return
    new, old = (", ".join(f"{row}.{name}" for name in KEPT) for row in ("NEW", "OLD"))
    labels_go = f"{absent('labels')} AND NEW.labels_salt IS NULL AND ({new}) IS NOT DISTINCT FROM ({old})"
    allow("events", "UPDATE", labels_go, "NEW")
    allow("event_bodies", "DELETE", absent("body"), "OLD")
    op.execute("ALTER TABLE events ENABLE TRIGGER events_refuse_row")


def allow(table: str, verb: str, condition: str, row: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = '{verb}' THEN IF {condition} THEN RETURN {row}; END IF; END IF; "
        f"RAISE EXCEPTION '{table} is append-only'; END $$"
    )


def absent(part: str) -> str:
    """Whether a part of the row may go: one of the ranges, which do not overlap, holds its position."""
    return (
        f"coalesce((SELECT last FROM absences WHERE log = OLD.log AND part = '{part}' AND first <= OLD.position "
        "ORDER BY first DESC LIMIT 1), 0) >= OLD.position"
    )
