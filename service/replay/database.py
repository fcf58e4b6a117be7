"""Replaying into a fresh database: the log from its beginning, with the positions, ids, times and hashes that it has.

How far it has come is the new log itself: a replay goes on behind its end.
"""

from contextlib import aclosing

from events.recording import Body
from events.stores.sql import SqlStore
from events.stores.tables import Row
from service.exports.holdings import Holdings
from service.exports.line import Line
from service.exports.manifest import Missing
from service.exports.taking import LogNotEmpty, Taking
from service.exports.walk import Batch, Broken, Walk
from service.replay.replay import Report
from service.replay.targets import TargetFailed


async def copy_log(source: SqlStore, target: SqlStore, log: str, upto: int, report: Report) -> None:
    """Raises LogNotEmpty, if the target has another history; TargetFailed; StorageUnavailable."""
    taking, holdings = Taking(target, log), Holdings(source, log, None)
    head = await taking.begin((await source.head(log)).epoch)
    if head.position and (head.position > upto or await holdings.hash(head.position) != head.hash):
        raise LogNotEmpty(log, head.position)
    walk = Walk(await target.log_number(log), head.position, head.hash)
    absent = await holdings.absent(1, upto)
    async with aclosing(holdings.lines(head.position, upto)) as portions:
        async for position, lines in portions:
            if lines:
                await taking.take(_batch(walk, lines, absent))
            report(position, len(lines))


def _batch(walk: Walk, lines: list[Line], absent: tuple[Missing, ...]) -> Batch:
    """These lines, each checked against the chain. Raises TargetFailed."""
    after, before = walk.position, walk.hash
    headers: list[Row] = []
    bodies: list[Body] = []
    try:
        for line in lines:
            header, body = walk.go(line, absent)
            headers.append(header)
            bodies += [body] if body is not None else []
    except Broken as broken:
        raise TargetFailed(f"{broken} Something was erased meanwhile, or the log is not whole") from broken
    return Batch(after=after, before=before, headers=headers, bodies=bodies, absent=absent)
