"""Short ways to say what tests of the API ask for over and over."""

from typing import Any
from uuid import UUID

import httpx2

JSON = {"content-type": "application/json"}

FLOW_RUN = str(UUID(int=0xF10))
TASK_RUN = str(UUID(int=0x7A5))
NOBODY = str(UUID(int=0xDEAD))
"""An id that nothing has."""


async def created(api: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    """The artifact that these fields make."""
    response = await api.post("/artifacts/", json=fields)
    assert response.status_code == 201, response.text
    return response.json()


async def changed(api: httpx2.AsyncClient, artifact: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The artifact after an update."""
    response = await api.patch(f"/artifacts/{artifact['id']}", json=fields)
    assert response.status_code == 204, response.text
    return await read(api, artifact["id"])


async def deleted(api: httpx2.AsyncClient, artifact: dict[str, Any]) -> None:
    response = await api.delete(f"/artifacts/{artifact['id']}")
    assert response.status_code == 204, response.text


async def read(api: httpx2.AsyncClient, artifact_id: str) -> dict[str, Any]:
    return (await answered(api, "GET", f"/artifacts/{artifact_id}")).json()


async def latest(api: httpx2.AsyncClient, key: str) -> dict[str, Any]:
    return (await answered(api, "GET", f"/artifacts/{key}/latest")).json()


async def collection(api: httpx2.AsyncClient, key: str) -> dict[str, Any]:
    """The one collection of a key, as `/latest/filter` shows it."""
    [found] = await listed(api, "/artifacts/latest/filter", artifacts={"key": {"any_": [key]}})
    return found


async def listed(api: httpx2.AsyncClient, path: str = "/artifacts/filter", **body: Any) -> list[dict[str, Any]]:
    return (await answered(api, "POST", path, json=body)).json()


async def count(api: httpx2.AsyncClient, path: str = "/artifacts/count", **body: Any) -> int:
    return (await answered(api, "POST", path, json=body)).json()


async def answered(api: httpx2.AsyncClient, method: str, path: str, **options: Any) -> httpx2.Response:
    response = await api.request(method, path, **options)
    assert response.status_code == 200, response.text
    return response


async def post_text(api: httpx2.AsyncClient, text: str | bytes, path: str = "/artifacts/") -> httpx2.Response:
    """Send a body to the letter."""
    return await api.post(path, content=text, headers=JSON)


def detail(response: httpx2.Response) -> dict[str, Any]:
    """What is wrong with a request, when one thing is."""
    assert response.status_code == 422, response.text
    answer = response.json()
    assert list(answer) == ["exception_message", "exception_detail", "request_body"]
    assert answer["exception_message"] == "Invalid request received."
    [found] = answer["exception_detail"]
    return found
