"""The tables of named subscriptions, and every statement on them."""

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Integer,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from events.stores.statement import OneOf, Statement
from events.stores.tables import BYTEWISE, EVENTS, LOGS, METADATA
from events.subscriptions.subscription import State

SUBSCRIPTIONS = Table(
    "subscriptions",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("name", BYTEWISE, primary_key=True),
    Column("filter", Text, nullable=False),
    Column("start", BYTEWISE, nullable=False),
    Column("visibility", BigInteger, nullable=False),
    Column("attempts_max", Integer, nullable=False),
    Column("webhook", Text),
    Column("scanned", BigInteger, nullable=False),
    Column("begun", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("paused_until", BigInteger, nullable=False),
    Column("disabled", Text),
)
"""Each subscription, and how far the log was looked through for it. The row is the lock of its deliveries."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("subscription", BYTEWISE, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("category", BYTEWISE, nullable=False),
    Column("stream", BYTEWISE, nullable=False),
    Column("state", BYTEWISE, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("lease", BYTEWISE),
    Column("member", BYTEWISE),
    Column("error", Text),
)
"""The events that are outstanding or parked. What is acked has no row."""

_LOG: BindParameter[int] = bindparam("of_log", type_=Integer())
_NAME: BindParameter[str] = bindparam("of_name", type_=Text())
_ONE = (SUBSCRIPTIONS.c.log == _LOG, SUBSCRIPTIONS.c.name == _NAME)
_ITS = (DELIVERIES.c.log == _LOG, DELIVERIES.c.subscription == _NAME)
_AT = OneOf(DELIVERIES.c.position, "positions")
_SHOWN = [column for column in DELIVERIES.columns if column.name not in ("log", "subscription")]
_IS_PARKED = DELIVERIES.c.state == State.PARKED.value

FIND = Statement(select(*SUBSCRIPTIONS.columns).where(*_ONE), is_point_read=True)
LOCK = Statement(select(*SUBSCRIPTIONS.columns).where(*_ONE).with_for_update())
NAMES_IN = Statement(
    select(SUBSCRIPTIONS.c.name).where(SUBSCRIPTIONS.c.log == _LOG).order_by(SUBSCRIPTIONS.c.name), is_point_read=True
)
ALL_IN = Statement(select(*SUBSCRIPTIONS.columns).where(SUBSCRIPTIONS.c.log == _LOG).order_by(SUBSCRIPTIONS.c.name))
WITH_WEBHOOK = Statement(
    select(LOGS.c.name, SUBSCRIPTIONS.c.name)
    .join(LOGS, LOGS.c.log == SUBSCRIPTIONS.c.log)
    .where(SUBSCRIPTIONS.c.webhook.is_not(None), SUBSCRIPTIONS.c.disabled.is_(None))
    .order_by(LOGS.c.name, SUBSCRIPTIONS.c.name),
    is_point_read=True,
)
ADD = Statement(insert(SUBSCRIPTIONS))
REMOVE = Statement(delete(SUBSCRIPTIONS).where(*_ONE))
PUT_WAY = Statement(
    update(SUBSCRIPTIONS)
    .where(*_ONE)
    .values(
        visibility=bindparam("new_visibility"),
        attempts_max=bindparam("new_attempts_max"),
        webhook=bindparam("new_webhook"),
    )
)
SCANNED = Statement(update(SUBSCRIPTIONS).where(*_ONE).values(scanned=bindparam("to")))
SWITCH = Statement(
    update(SUBSCRIPTIONS)
    .where(*_ONE)
    .values(failures=bindparam("failed"), paused_until=bindparam("quiet_until"), disabled=bindparam("reason"))
)

_COUNTS = (
    func.min(DELIVERIES.c.position).filter(~_IS_PARKED),
    func.count().filter(~_IS_PARKED),
    func.count().filter(_IS_PARKED),
)
STANDING = Statement(select(*_COUNTS).where(*_ITS), is_point_read=True)
STANDINGS = Statement(
    select(DELIVERIES.c.subscription, *_COUNTS).where(DELIVERIES.c.log == _LOG).group_by(DELIVERIES.c.subscription)
)

OUTSTANDING = Statement(select(*_SHOWN).where(*_ITS, ~_IS_PARKED).order_by(DELIVERIES.c.position), is_point_read=True)
PARKED = Statement(
    select(*_SHOWN)
    .where(*_ITS, _IS_PARKED, DELIVERIES.c.position > bindparam("after"))
    .order_by(DELIVERIES.c.position)
    .limit(bindparam("limit"))
)
DELIVERY = Statement(select(*_SHOWN).where(*_ITS, DELIVERIES.c.position == bindparam("at")), is_point_read=True)
AT = Statement(select(*_SHOWN).where(*_ITS, _AT).order_by(DELIVERIES.c.position), is_point_read=True)
HAND_IN = Statement(
    insert(DELIVERIES).from_select(
        [column.name for column in DELIVERIES.columns],
        select(
            EVENTS.c.log,
            _NAME,
            EVENTS.c.position,
            EVENTS.c.category,
            EVENTS.c.stream,
            literal(State.WAITING.value, Text()),
            literal(0),
            literal(0),
            null(),
            null(),
            null(),
        ).where(EVENTS.c.log == _LOG, OneOf(EVENTS.c.position, "positions")),
    )
)
"""A delivery for each of these events, with the stream that it stands in."""
LEASE = Statement(
    update(DELIVERIES)
    .where(*_ITS, _AT)
    .values(
        state=State.LEASED.value,
        attempt=DELIVERIES.c.attempt + 1,
        until=bindparam("ends"),
        lease=bindparam("new_lease"),
        member=bindparam("new_member"),
    )
)
EXTEND = Statement(update(DELIVERIES).where(*_ITS, _AT).values(until=bindparam("ends")))
CHANGE = Statement(
    update(DELIVERIES)
    .where(*_ITS, DELIVERIES.c.position == bindparam("at"))
    .values(
        state=bindparam("new_state"),
        attempt=bindparam("new_attempt"),
        until=bindparam("new_until"),
        lease=bindparam("new_lease"),
        member=bindparam("new_member"),
        error=bindparam("new_error"),
    )
)
SETTLE = Statement(delete(DELIVERIES).where(*_ITS, _AT))
CLEAN = Statement(
    update(DELIVERIES).where(DELIVERIES.c.log == _LOG, DELIVERIES.c.position < bindparam("before")).values(error=null())
)
"""Forgets what members said of events before a position, of all subscriptions: it may quote them, or others."""
CLEAN_STREAMS = Statement(
    update(DELIVERIES)
    .where(DELIVERIES.c.log == _LOG, _AT)
    .values(
        stream=select(EVENTS.c.stream)
        .where(EVENTS.c.log == DELIVERIES.c.log, EVENTS.c.position == DELIVERIES.c.position)
        .scalar_subquery()
    )
)
"""Names the streams of these events as the log does by now."""
FORGET = Statement(delete(DELIVERIES).where(*_ITS))
HEADERS_AT = Statement(
    select(*EVENTS.columns)
    .where(EVENTS.c.log == _LOG, OneOf(EVENTS.c.position, "positions"))
    .order_by(EVENTS.c.position),
    is_point_read=True,
)
