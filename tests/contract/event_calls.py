"""Short ways to record and find events over the API."""

from typing import Any

import httpx2

from tests.contract.calls import answered
from tests.sockets import outside_event


async def record(api: httpx2.AsyncClient, *events: dict[str, Any], root: str = "") -> httpx2.Response:
    response = await api.post(f"{root}/events", json=list(events))
    assert response.status_code == 204, response.text
    return response


async def page(api: httpx2.AsyncClient, limit: int = 50, root: str = "", **filter: Any) -> dict[str, Any]:
    return (await answered(api, "POST", f"{root}/events/filter", json={"filter": filter, "limit": limit})).json()


async def numbers(api: httpx2.AsyncClient, page: dict[str, Any]) -> list[int]:
    """The numbers of the events of this page and all that follow it."""
    found = [each["payload"]["number"] for each in page["events"]]
    while page["next_page"]:
        page = (await answered(api, "GET", page["next_page"])).json()
        found += [each["payload"]["number"] for each in page["events"]]
    return found


def at(second: int, number: int, **fields: Any) -> dict[str, Any]:
    return outside_event(occurred=f"2026-11-21T08:00:{second:02}Z", payload={"number": number}, **fields)
