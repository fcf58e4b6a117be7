"""A site: a server with the page, and a client that writes to it."""

from typing import Any
from urllib.parse import quote

import httpx2

from tests.servers import LiveServer


class Site:
    """`root` is where the page begins. Each test publishes under keys of its own."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.root = server.url.removesuffix("/api")
        self.api = httpx2.Client(base_url=server.url, limits=httpx2.Limits(max_keepalive_connections=0))

    def publish(self, key: str | None = None, data: Any = "", type: str | None = "markdown", **more: Any) -> str:
        """Publish an artifact. Its id."""
        answer = self.api.post("/artifacts/", json={"key": key, "type": type, "data": data, **more})
        answer.raise_for_status()
        return str(answer.json()["id"])

    def update(self, artifact_id: str, data: Any) -> None:
        self.api.patch(f"/artifacts/{artifact_id}", json={"data": data}).raise_for_status()

    def delete(self, artifact_id: str) -> None:
        self.api.delete(f"/artifacts/{artifact_id}").raise_for_status()

    def position(self) -> int:
        """Where the log ends."""
        return int(self.api.get("/log/head").json()["position"])

    def url(self, path: str, at: int | None = None) -> str:
        return f"{self.root}{quote(path, safe='/?&=%.')}" + (
            "" if at is None else f"{'&' if '?' in path else '?'}at={at}"
        )
