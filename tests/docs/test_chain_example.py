"""The check of the chain in `docs/log.md`: it holds for a log of odd texts, and finds whatever was altered."""

import sqlite3
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.app import create_app, opened
from service.settings import Settings
from tests.docs.pages import DOCS, blocks

[CHECK] = [block.text for block in blocks(DOCS / "log.md") if block.language == "python"]

ODD: list[dict[str, Any]] = [
    {"key": "a", "type": "NUL \0, DLE \x10, \x100 and \x10\x10", "data": "\0 \u2028 \U0001f3fa \x7f \\ / \b"},
    {"key": "a", "type": "Größe ✓ \"'", "description": "\x1f\x10", "data": [1.0, 2**70, None]},
    {"type": "", "flow_run_id": "0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55"},
]
CLIENT = {"user-agent": "tests/1 \xfc".encode("latin-1"), "x-request-id": '"\\/'}

ALTERATIONS = {
    "header": "UPDATE events SET type = 'another' WHERE position = 3",
    "origin": "UPDATE events SET actor = 'nobody' WHERE position = 3",
    "related": """UPDATE events SET related = '[{"role":"other"}]' WHERE position = 4""",
    "body": """UPDATE event_bodies SET content = '{"data":2}' WHERE position = 3""",
    "hash": "UPDATE events SET hash = (SELECT hash FROM events WHERE position = 2) WHERE position = 3",
    "one event less": "DELETE FROM events WHERE position = 3",
    "the end cut off": "DELETE FROM events WHERE position = (SELECT max(position) FROM events)",
}


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    """A log of odd texts, in the file that the example reads, without the triggers that refuse changes."""
    home = tmp_path / ".digsite"
    home.mkdir()
    async with opened(Settings(home=home)) as parts:
        transport = httpx2.ASGITransport(create_app(parts))
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api", headers=CLIENT) as api:
            made = [(await api.post("/artifacts/", json=each)).json() for each in ODD]
            await api.patch(f"/artifacts/{made[1]['id']}", json={"data": 2})
            await api.delete(f"/artifacts/{made[0]['id']}")
    drop_triggers(home / "digsite.db")
    return home / "digsite.db"


def drop_triggers(path: Path) -> None:
    database = sqlite3.connect(path)
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    database.close()


def check(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(path.parents[1]))
    names: dict[str, Any] = {}
    try:
        exec(CHECK, names)
    finally:
        names["database"].close()


def test_the_example_finds_that_a_log_holds(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check(database, monkeypatch)
    assert capsys.readouterr().out == "The chain holds from 1 to 8.\n"


@pytest.mark.parametrize("alteration", ALTERATIONS.values(), ids=ALTERATIONS)
def test_the_example_finds_what_was_altered(database: Path, alteration: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(database) as connection:
        assert connection.execute(alteration).rowcount == 1
    connection.close()
    with pytest.raises(AssertionError):
        check(database, monkeypatch)
