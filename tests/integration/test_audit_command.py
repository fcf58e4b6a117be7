"""`digsite-server audit`: what it shows of the log, in each of its forms."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from events.clock import now
from events.entry import Entry
from events.matching import Matcher
from service.audit import Asked, CsvPages, Format, audit, moment_of, plain, shown_as
from service.parts import Parts
from service.streams.asking import criteria_filter

EVIL = "=HYPERLINK(1)\x1b[31m"


async def shown(parts: Parts, format: Format = Format.JSON, **asked: str) -> str:
    text: list[str] = []
    criteria = {name: [value] for name, value in asked.items() if name not in ("since", "until")}
    place = {name: value for name, value in asked.items() if name in ("since", "until")}
    wanted = Asked(log="default", matcher=Matcher(criteria_filter(**criteria)), **place)  # type: ignore[arg-type]
    console = Console(width=100, force_terminal=False)
    await audit(parts.settings.database, wanted, shown_as(format, console), text.append)
    return "".join(text)


async def positions(parts: Parts, **asked: str) -> list[int]:
    return [json.loads(line)["position"] for line in (await shown(parts, **asked)).splitlines()]


async def test_it_finds_what_the_route_finds(parts: Parts, api: httpx2.AsyncClient) -> None:
    await api.post("/artifacts/", json={"key": "a"})
    await api.post("/artifacts/", json={"key": "b"})
    assert await positions(parts, key="b") == [3, 4]
    assert await positions(parts, since="2", until="3") == [3]
    assert await positions(parts, since="1h", until="head", kind="prefect.artifact.*") == [1, 3]
    assert await positions(parts, until="1h") == []
    route = (await api.get("/log", params={"key": "b", "limit": 1})).json()["events"][0]
    assert json.loads((await shown(parts, key="b")).splitlines()[0]) == {k: v for k, v in route.items() if k != "event"}


async def test_it_reads_page_by_page(parts: Parts, api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.audit.SPAN_EVENTS_MAX", 3)
    monkeypatch.setattr("events.reading.SPAN_EVENTS_MAX", 3)
    await api.post("/artifacts/batch", json={"artifacts": [{"data": number} for number in range(10)]})
    assert await positions(parts) == list(range(1, 11))
    rows = (await shown(parts, Format.TABLE)).splitlines()
    assert len(rows) == 11
    assert len({row.index("prefect.artifact") for row in rows[1:]}) == 1  # the columns of all pages are the same


async def test_a_formula_in_a_cell_is_not_carried_out(parts: Parts, api: httpx2.AsyncClient) -> None:
    await api.post("/artifacts/", json={"key": "a"}, headers={"User-Agent": "=1+1"})
    header, row, _ = csv.reader(io.StringIO(await shown(parts, Format.CSV)))
    assert header == list(Entry.__struct_fields__)
    assert dict(zip(header, row, strict=True))["client"] == "'=1+1"


async def test_nothing_found_is_a_table_without_rows(parts: Parts) -> None:
    assert "Position" in await shown(parts, Format.TABLE)
    assert CsvPages()([]).count("\n") == 1
    assert await shown(parts) == ""


def test_a_terminal_is_sent_no_commands() -> None:
    assert plain(EVIL) == "=HYPERLINK(1)�[31m"


def test_a_time_may_be_said_as_how_long_ago() -> None:
    assert moment_of("2h", 7_200_000_000) == "1970-01-01T00:00:00Z"
    assert moment_of("2026-11-21", now()) == "2026-11-21"


@pytest.mark.slow
async def test_a_reader_that_has_enough_ends_it_in_silence(
    parts: Parts, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await api.post("/artifacts/", json={})
    command = [sys.executable, "-P", "-m", "service", "audit", "--format", "json"]
    environment = {**os.environ, "DIGSITE_HOME": str(tmp_path), "DIGSITE_DATABASE_URL": parts.settings.database}
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(command, env=environment, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (ended.stderr, ended.returncode) == (b"", 141)
