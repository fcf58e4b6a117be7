"""No query of retention reads a table of the log from end to end, however large it is."""

import re
from typing import Any

import asyncpg

from events.absences import BODILESS, REMOVE_BODIES, STARTS
from events.reading import SIZES
from events.stores.sql import RELATED
from events.stores.statement import POSTGRES_DIALECT, Statement
from projections.artifacts import ARTIFACTS
from projections.pins import PINS
from service.retention import survey

FILLED = """
CREATE TABLE IF NOT EXISTS event_bodies_0 PARTITION OF event_bodies FOR VALUES FROM (0) TO (1000000);
INSERT INTO events (log, position, recorded, id, kind, category, stream, version, schema_version, occurred, resource,
    related, actor, client, address, request_id, key, hash, data_position, description_position, metadata_position)
SELECT 1, n, n, n, CASE WHEN n % 50 = 0 THEN 'prefect.artifact.deleted' ELSE 'prefect.artifact.created' END,
    'artifact', 'artifact-' || n / 5, n % 5 + 1, 1, n, '{}', '[]', '', '', '', '', 'key-' || n % 100, '', n, n, n
FROM generate_series(1, 100000) AS n;
INSERT INTO event_bodies SELECT 1, n, repeat('x', 300), '' FROM generate_series(1, 100000) AS n;
INSERT INTO artifacts (log, id, key, created, updated, created_position, position, version, event_id, recorded,
    data_position, description_position, metadata_position)
SELECT 1, 'artifact-' || n, CASE WHEN n % 10 > 0 THEN 'key-' || n % 100 END, n, n, n, n, 1, n, n, n, n, n
FROM generate_series(1, 20000) AS n;
ANALYZE
"""
SOME = [f"artifact-{n}" for n in range(100, 120)]
QUERIES: dict[str, tuple[Statement, dict[str, Any]]] = {
    "versions": (survey.KEYED, {"key": "key-5", "created": 2**62, "created_position": 2**62, "limit": 1_000}),
    "versions without a key": (survey.UNKEYED, {"created": 2**62, "created_position": 2**62, "limit": 1_000}),
    "artifacts": (ARTIFACTS.load, {"identities": SOME}),
    "pins": (PINS.load, {"identities": SOME}),
    "deletions": (survey.DELETIONS, {"after": 10_000, "limit": 200}),
    "states": (survey.STATES, {"stream": "artifact-5", "below": 6, "limit": 1_000}),
    "bodies": (survey.BODIES_OF, {"stream": "artifact-5", "after": 0, "upto": 30_000, "limit": 500}),
    "amount": (survey.AMOUNT, {"streams": SOME}),
    "sizes": (SIZES, {"positions": list(range(200))}),
    "related": (RELATED, {"positions": list(range(200))}),
    "absences": (STARTS, {"part": "body", "positions": ["1", "2"]}),
    "bodiless": (BODILESS, {"positions": list(range(200))}),
    "removal": (REMOVE_BODIES, {"positions": list(range(200))}),
}


async def test_no_query_scans_a_table_of_the_log(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(FILLED)
    scans = {}
    for name, (statement, given) in QUERIES.items():
        text, values = statement.render(POSTGRES_DIALECT, {"log": 1, **given})
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {text}", *values))
        scans[name] = re.findall(r"Seq Scan on (?:events|event_bodies\w*|artifacts)\b", plan)
    await connection.close()
    assert {name: found for name, found in scans.items() if found} == {}
