"""What the chain covers, put together by the database: the header's bytes, and whether labels and body hold.

This is the quick way. It knows nothing of how NUL is stored, and may find a fault where there is none: what it finds is
looked at again, exactly. What it finds to hold, holds.
"""

from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, and_, bindparam, case, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from events.absences import ERASED_RELATED, ERASED_RESOURCE, ERASED_STREAM
from events.stores.statement import Statement
from events.stores.tables import EVENT_BODIES, EVENTS
from events.streams import RESOURCE

NEVER, ABSENT, WRONG, HOLDS = range(4)
"""What is found of an event's labels, or of its body: there never was one, it is there no more, and so on."""

COVERED = (
    *("position", "recorded", "id", "kind", "category", "version", "schema_version", "occurred", "follows"),
    *("labels_commitment", "actor", "client", "address", "request_id", "type", "flow_run_id", "task_run_id"),
    *("latest_before", "latest_after", "created", "updated", "created_position"),
    *("data_position", "description_position", "metadata_position", "commitment"),
)
"""The columns of the header as the chain covers it, in order: see `events.chain.header`."""


class HeaderBytes(ColumnElement[bytes]):
    """The header as a compact JSON array in UTF-8."""

    inherit_cache = False
    type = LargeBinary()


class CommitmentOf(ColumnElement[bytes]):
    """SHA-256 over a salt and the bytes of a text."""

    inherit_cache = False
    type = LargeBinary()

    def __init__(self, salt: ColumnElement[Any], content: ColumnElement[Any]) -> None:
        self.salt = salt
        self.content = content


class LabelsText(ColumnElement[str]):
    """What names things, as the JSON array that is committed to. Resource and related are stored as JSON already."""

    inherit_cache = False


@compiles(HeaderBytes, "sqlite")
def _header_sqlite(_: HeaderBytes, compiler: SQLCompiler, **kw: Any) -> str:
    items = []
    for column in (EVENTS.c[name] for name in COVERED):
        text = compiler.process(column, **kw)
        is_binary = isinstance(column.type, LargeBinary)
        items.append(f"CASE WHEN {text} IS NULL THEN NULL ELSE lower(hex({text})) END" if is_binary else text)
    return f"CAST(json_array({', '.join(items)}) AS BLOB)"


@compiles(HeaderBytes, "postgresql")
def _header_postgres(_: HeaderBytes, compiler: SQLCompiler, **kw: Any) -> str:
    items = []
    for column in (EVENTS.c[name] for name in COVERED):
        text = compiler.process(column, **kw)
        if isinstance(column.type, LargeBinary):
            text = f"encode({text}, 'hex')"
        items.append(f"coalesce(to_json({text})::text, 'null')")
    joined = " || ',' || ".join(items)
    return f"convert_to('[' || {joined} || ']', 'UTF8')"


@compiles(LabelsText, "sqlite")
def _labels_sqlite(_: LabelsText, compiler: SQLCompiler, **kw: Any) -> str:
    stream, resource, related, key = _labels(compiler, **kw)
    return f"'[' || json_quote({stream}) || ',' || {resource} || ',' || {related} || ',' || json_quote({key}) || ']'"


@compiles(LabelsText, "postgresql")
def _labels_postgres(_: LabelsText, compiler: SQLCompiler, **kw: Any) -> str:
    stream, resource, related, key = _labels(compiler, **kw)
    return (
        f"'[' || to_json({stream})::text || ',' || {resource} || ',' || {related} || ',' "
        f"|| coalesce(to_json({key})::text, 'null') || ']'"
    )


def _labels(compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [compiler.process(EVENTS.c[name], **kw) for name in ("stream", "resource", "related", "key")]


@compiles(CommitmentOf, "sqlite")
def _commitment_sqlite(element: CommitmentOf, compiler: SQLCompiler, **kw: Any) -> str:
    salt, content = compiler.process(element.salt, **kw), compiler.process(element.content, **kw)
    return f"commitment({salt}, CAST({content} AS BLOB))"


@compiles(CommitmentOf, "postgresql")
def _commitment_postgres(element: CommitmentOf, compiler: SQLCompiler, **kw: Any) -> str:
    salt, content = compiler.process(element.salt, **kw), compiler.process(element.content, **kw)
    return f"sha256({salt} || convert_to({content}, 'UTF8'))"


_E, _B = EVENTS.c, EVENT_BODIES.c
_IS_ERASED = and_(
    _E.resource == literal(ERASED_RESOURCE),
    _E.related == literal(ERASED_RELATED),
    _E.key.is_(None),
    or_(_E.category != literal(RESOURCE), _E.stream == literal(ERASED_STREAM) + _E.id),
)
_LABELS = case(
    (_E.labels_salt.is_not(None) & (CommitmentOf(_E.labels_salt, LabelsText()) == _E.labels_commitment), HOLDS),
    (_E.labels_salt.is_(None) & _IS_ERASED, ABSENT),
    else_=WRONG,
)
_BODY = case(
    (_B.salt.is_(None) & _E.commitment.is_(None), NEVER),
    (_B.salt.is_(None), ABSENT),
    (CommitmentOf(_B.salt, _B.content) == _E.commitment, HOLDS),
    else_=WRONG,
)

LINKS = Statement(
    select(_E.position, _E.recorded, HeaderBytes(), _E.hash, _LABELS, _BODY)
    .select_from(EVENTS.outerjoin(EVENT_BODIES, and_(_B.log == _E.log, _B.position == _E.position)))
    .where(_E.log == bindparam("log"), _E.position > bindparam("after"), _E.position <= bindparam("upto"))
    .order_by(_E.position)
)
"""What is to be checked of the events above `:after` up to `:upto`; labels and bodies as one of the four above."""
