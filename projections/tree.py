"""The projection `tree`: the nodes of the Merkle tree over a log, from which any proof is made in a few reads.

    level 1: a node for 256 events     level 2: for 256 of these     ...

A node is kept when it is complete, and never changes then. What is right of them is made from events' hashes.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, bindparam, insert, select

from events.stores.sql import Fetch
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS, METADATA, Row
from events.tree import WIDTH, Node, Range, hash_of, leaf, nodes_of, root
from projections.checkpoints import Lease, is_served

NAME = "tree"

TABLE = Table(
    "tree",
    METADATA,
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)


class TreeProjector:
    """Folds the chain's hashes into nodes."""

    name = NAME
    version = 1
    tables = (TABLE,)

    async def rows_of(self, fetch: Fetch, lease: Lease, upto: int) -> list[Row]:
        """The nodes that become complete, level by level."""
        rows: list[Row] = []
        level, before, now = 1, lease.position // WIDTH, upto // WIDTH
        below: list[bytes] = []
        while before < now:
            below = await _children(fetch, lease, level, before * WIDTH, now * WIDTH, below)
            hashes = [root(below[start : start + WIDTH]) for start in range(0, len(below), WIDTH)]
            rows += [(level, number, hash) for number, hash in enumerate(hashes, before)]
            level, before, now, below = level + 1, before // WIDTH, now // WIDTH, hashes
        return rows

    @property
    def put(self) -> Statement:
        return PUT


TREE_PROJECTOR = TreeProjector()


async def _children(fetch: Fetch, lease: Lease, level: int, first: int, end: int, new: Sequence[bytes]) -> list[bytes]:
    """The hashes below nodes of a level: leaves', or nodes' that are kept already, and the new ones behind them."""
    if level == 1:
        return [leaf(hash) for (hash,) in await fetch(LEAVES, log=lease.number, after=first, upto=end)]
    here = {"log": lease.number, "generation": lease.generation, "level": level - 1}
    kept = await fetch(KEPT, **here, first=first, end=end)
    return [*(hash for (hash,) in kept), *new][: end - first]


async def hashes_of(fetch: Fetch, number: int, ranges: Iterable[Range]) -> list[bytes]:
    """The hashes of ranges of leaves. Their complete nodes must have been folded. Raises StorageUnavailable."""
    wanted = list(ranges)
    nodes = await _read(fetch, number, {node for each in wanted for node in nodes_of(each)})
    return [hash_of(each, nodes) for each in wanted]


async def _read(fetch: Fetch, number: int, wanted: set[Node]) -> Mapping[Node, bytes]:
    """The hashes of nodes: those of leaves are made from the events'."""
    found: dict[Node, bytes] = {}
    for level in {level for level, _ in wanted}:
        numbers = [each for at, each in wanted if at == level]
        if level == 0:
            rows = await fetch(HASHES_AT, log=number, positions=[each + 1 for each in numbers])
            found.update({(0, position - 1): leaf(hash) for position, hash in rows})
        else:
            rows = await fetch(NODES_AT, log=number, level=level, numbers=numbers)
            found.update({(level, each): hash for each, hash in rows})
    return found


LEAVES = Statement(
    select(EVENTS.c.hash)
    .where(
        EVENTS.c.log == bindparam("log"),
        EVENTS.c.position > bindparam("after"),
        EVENTS.c.position <= bindparam("upto"),
    )
    .order_by(EVENTS.c.position)
)
KEPT = Statement(
    select(TABLE.c.hash)
    .where(
        TABLE.c.log == bindparam("log"),
        TABLE.c.generation == bindparam("generation"),
        TABLE.c.level == bindparam("level"),
        TABLE.c.number >= bindparam("first"),
        TABLE.c.number < bindparam("end"),
    )
    .order_by(TABLE.c.number)
)
PUT = Statement(
    insert(TABLE).values({column.name: bindparam(column.name, type_=column.type) for column in TABLE.columns})
)
HASHES_AT = Statement(
    select(EVENTS.c.position, EVENTS.c.hash).where(
        EVENTS.c.log == bindparam("log"), OneOf(EVENTS.c.position, "positions")
    )
)
NODES_AT = Statement(
    select(TABLE.c.number, TABLE.c.hash).where(
        is_served(TABLE, NAME), TABLE.c.level == bindparam("level"), OneOf(TABLE.c.number, "numbers")
    )
)
