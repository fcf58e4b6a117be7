"""The artifact routes, end to end on both databases."""

import httpx2


async def test_a_created_artifact_is_read_back_at_once(api: httpx2.AsyncClient) -> None:
    created = (await api.post("/artifacts/", json={"key": "report", "data": "# hi"})).json()
    assert (await api.get(f"/artifacts/{created['id']}")).json() == created
