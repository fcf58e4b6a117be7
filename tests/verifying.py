"""A log that has a bit of everything, and alterations of what is recorded, past what refuses them."""

import sqlite3
from typing import Any

import asyncpg
import httpx2

from events.event import Origin
from events.stores import SQLITE, open_reader
from events.verification import Fault
from projections import CATCH_UP
from projections.verification import Step, verify
from service.app import create_app, opened
from service.parts import Parts
from service.settings import Settings
from tests.asset_events import RAW, reference, success

ODD: list[dict[str, Any]] = [
    {"key": "a", "type": "NUL \0, DLE \x10, \x100 and \x10\x10", "data": "\0 \u2028 \U0001f3fa \x7f \\ / \b"},
    {"key": "a", "type": "Größe ✓ \"'", "description": "\x1f\x10", "data": [1.0, 2**70, None]},
    {"type": "", "flow_run_id": "0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55"},
]
CLIENT = {"user-agent": "tests/1 \xfc".encode("latin-1"), "x-request-id": '"\\/'}
ODD_HEAD = 11


async def write_odd_log(settings: Settings) -> None:
    """A log of odd texts, an update, a pin, a deletion, and assets, which all projections have folded."""
    async with opened(settings) as parts:
        transport = httpx2.ASGITransport(create_app(parts))
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api", headers=CLIENT) as api:
            made = [(await api.post("/artifacts/", json=each)).json() for each in ODD]
            await api.patch(f"/artifacts/{made[1]['id']}", json={"data": 2})
            await api.put(f"/artifacts/{made[2]['id']}/pin")
            await api.delete(f"/artifacts/{made[0]['id']}")
        assets = [reference(RAW, name="raw \0"), success("s3://lake/clean", RAW, metadata={"n": 1})]
        await parts.events.record("default", assets, Origin())
        await folded(parts, ODD_HEAD)


async def folded(parts: Parts, position: int) -> None:
    """All catch-up projections have come so far."""
    for projector in CATCH_UP:
        await parts.runner.wait_for("default", projector.name, position, timeout_s=20)


async def alter(url: str, *statements: str) -> None:
    """Change rows as somebody does who has the database's file or password. Each statement changes one."""
    if url.startswith(SQLITE):
        _alter_file(url.removeprefix(SQLITE), statements)
        return
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")
    for statement in statements:
        assert (await connection.execute(statement)).endswith(" 1")
    await connection.close()


def _alter_file(path: str, statements: tuple[str, ...]) -> None:
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert connection.execute(statement).rowcount == 1
    connection.commit()
    connection.close()


async def verified(url: str, log: str = "default", *, after: int = 0) -> Fault | None:
    """The fault that a verification finds. Without one, every part was looked at to its end."""
    store = open_reader(url)
    await store.open()
    try:
        steps = [step async for step in verify(store, log, after=after)]
    finally:
        await store.close()
    if steps and isinstance(steps[-1], Fault):
        return steps[-1]
    ends = {step.part: step for step in steps if isinstance(step, Step)}
    assert all(step.done == step.total for step in ends.values())
    return None
