"""What tests of the export need: something to export, an export in this process, and what a Prefect server shows."""

import json
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import httpx2

from service.moving.export import Asked, Exported, export
from service.moving.export_opening import opened_export
from service.moving.whereabouts import Whereabouts
from service.settings import Settings
from tests.bridging import happened

ALWAYS = {"since": "1970-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
PAGE = 50
OWN = ["prefect.artifact.", "prefect.artifact-collection.", "prefect.asset."]


async def exported(settings: Settings, whither: Whereabouts, *, may_fire: bool = False, **asked: Any) -> Exported:
    """What came of an export, or of a look with `writing=False`."""
    wanted = Asked(**asked)
    opening = opened_export(settings, "default", whither, writing=wanted.writing, may_fire=may_fire)
    async with opening as (holdings, target):
        return await export(holdings, target, wanted, lambda *_: None)


async def differences(settings: Settings, whither: Whereabouts, **asked: Any) -> list[str]:
    return (await exported(settings, whither, writing=False, **asked)).differences.names


def counts(done: Exported) -> dict[str, tuple[int, int, int]]:
    """Of artifacts and events: how many were new, changed, the same."""
    tallies = {"artifacts": done.artifacts, "events": done.events}
    return {name: (tally.new, tally.changed, tally.same) for name, tally in tallies.items()}


class Shown:
    """What an API shows, Prefect's or this one's."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def artifacts(self, path: str = "/artifacts/filter", **asked: Any) -> list[dict[str, Any]]:
        """The first page."""
        response = await self._client.post(path, json={"sort": "KEY_ASC", **asked})
        found: list[dict[str, Any]] = response.raise_for_status().json()
        return found

    async def collections(self) -> list[dict[str, Any]]:
        return await self.artifacts("/artifacts/latest/filter")

    async def events(self, prefixes: list[str] = OWN) -> dict[str, dict[str, Any]]:
        """The first page of the events whose names begin so, by id; without when they were received.

        Numbers are doubles: PostgreSQL writes 1e300 out.
        """
        asked = {"filter": {"occurred": ALWAYS, "event": {"prefix": prefixes}}, "limit": PAGE}
        response = await self._client.post("/events/filter", json=asked)
        events = json.loads(response.raise_for_status().text, parse_int=float)["events"]
        return {event["id"]: {**event, "received": None} for event in events}


def shown_by(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30)


def rows_of(database: Path, table: str) -> int:
    """How many rows a table of a Prefect server's file has."""
    with closing(connect(database)) as connection:
        [(count,)] = connection.execute(f"SELECT count(*) FROM {table}")
        return int(count)


class Pipeline:
    """Writes artifacts through an API, as pipelines do."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def create(self, key: str | None = None, data: Any = "# text", **fields: Any) -> str:
        response = await self._client.post("/artifacts/", json={"key": key, "type": "markdown", "data": data, **fields})
        return str(response.raise_for_status().json()["id"])

    async def create_raw(self, data: str, key: str | None = None) -> str:
        """`data` is JSON text."""
        body = f'{{"key":{json.dumps(key)},"data":{data}}}'
        headers = {"content-type": "application/json"}
        response = await self._client.post("/artifacts/", content=body, headers=headers)
        return str(response.raise_for_status().json()["id"])

    async def update(self, id: str, **fields: Any) -> None:
        (await self._client.patch(f"/artifacts/{id}", json=fields)).raise_for_status()

    async def delete(self, id: str) -> None:
        (await self._client.delete(f"/artifacts/{id}")).raise_for_status()

    async def state(self, *events: dict[str, Any]) -> None:
        (await self._client.post("/events", json=list(events))).raise_for_status()

    async def history(self) -> None:
        """A bit of everything: keys with versions, keyless, updated, deleted, metadata, runs, assets, odd numbers."""
        run = "0192a4c8-7c00-7000-8000-00000000000a"
        ids = [await self.create(f"key-{n % 3}", {"rows": [n, 1.0, None]}) for n in range(9)]
        await self.create(None, "keyless", description="no key", metadata_={"rows": "9"}, flow_run_id=run)
        await self.create("task", None, task_run_id=run)
        for data in ("1.0", "-0.0", "1180591620717411303424", '"\\u0000"', '{"b":1e300,"a":-0.0}', "[]", "false"):
            await self.create_raw(data, key="odd")
        await self.update(ids[0], data=[0.5], metadata_={"updated": "yes"})
        await self.update(ids[8], description="the latest")
        await self.delete(ids[7])
        await self.state(materialized("s3://lake/orders"), materialized("s3://lake/customers"))


def materialized(asset: str) -> dict[str, Any]:
    return happened(
        event="prefect.asset.materialization.succeeded",
        resource={"prefect.resource.id": asset, "prefect.resource.name": asset[-3:]},
        related=[{"prefect.resource.id": "s3://raw", "prefect.resource.role": "asset", "owner": "ann"}],
        payload={"rows": 5.0, "of": None},
    )
