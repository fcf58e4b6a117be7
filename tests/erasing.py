"""Short ways to erase what a test has recorded, and something to look for."""

from typing import Any

import httpx2

LOG = "default"
SECRET = "the-secret-that-goes"


async def shown(api: httpx2.AsyncClient, **asked: Any) -> dict[str, Any]:
    """What a dry run shows."""
    response = await api.post("/erasures", json={"reason": "request 17", **asked})
    assert response.status_code == 200, response.text
    return response.json()


async def erased(api: httpx2.AsyncClient, **asked: Any) -> dict[str, Any]:
    """What became of an erasure, confirmed as it was shown."""
    response = await api.post(
        "/erasures", json={"reason": "request 17", **asked, "confirm": (await shown(api, **asked))["confirm"]}
    )
    assert response.status_code == 200, response.text
    assert response.json()["state"] == "completed"
    return response.json()


async def said(api: httpx2.AsyncClient) -> str:
    """All that the log tells."""
    return (await api.get("/log")).text


def outside(number: int = 1, **facts: Any) -> dict[str, Any]:
    """An outside event that holds the secret."""
    return {
        "id": f"0199d5c4-2b7f-7c10-9a51-{number:012}",
        "occurred": "2026-11-21T08:00:00Z",
        "event": "ship.sailed",
        "resource": {"prefect.resource.id": f"ship.{number}", "prefect.resource.name": "Aurora"},
        "payload": {"captain": SECRET},
        **facts,
    }
