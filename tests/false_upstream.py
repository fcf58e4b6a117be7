"""A small upstream for tests: a real HTTP and websocket server that has Prefect's event routes, and misbehaves as told.

It has no memory and disk apart, no automations and no limits. What Prefect really does is tested with Prefect.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

Told = dict[str, Any]


class FalseUpstream:
    """`url` is the API's. What it does is set by assignment."""

    def __init__(self) -> None:
        self.batches: list[list[Told]] = []
        """Each post to `/events` that was taken."""
        self.refuses: Callable[[list[Told]], int | None] = lambda events: None
        """The status that a batch is answered with instead of being taken."""
        self.forgets: Callable[[Told], bool] = lambda event: False
        """Whether an event that is taken never comes to its disk."""
        self.says: Callable[[Told], bool] = lambda event: True
        """Whether an event that it states goes over the socket."""
        self.delay_s = 0.0
        """Before each answer."""
        self.tokens: list[str | None] = []
        self.paged = 0
        """How many pages it gave."""
        self.sought: list[list[str] | None] = []
        """The kinds that it was asked to search for; None: for all."""
        self._disk: dict[str, Told] = {}
        self._task_runs: dict[str, Told] = {}
        self._sockets: list[WebSocket] = []
        self.url = ""

    @property
    def told(self) -> list[str]:
        """The ids that it was told of, in their order, repetitions among them."""
        return [event["id"] for batch in self.batches for event in batch]

    def keep(self, *events: Told) -> None:
        """It has these on its disk, and says nothing."""
        self._disk.update((event["id"], {"received": event["occurred"], **event}) for event in events)

    def know_task_run(self, event: Told, since: str) -> None:
        """It knows the task run that an event is about, in a state since then."""
        id = event["resource"]["prefect.resource.id"].removeprefix("prefect.task-run.")
        self._task_runs[id] = {"id": id, "state": {"timestamp": since}}

    async def state(self, *events: Told) -> None:
        """It states these events: on its disk and over the socket."""
        self.keep(*events)
        for event in events:
            if self.says(event):
                await self.send(json.dumps({"type": "event", "event": self._disk[event["id"]]}))

    async def send(self, frame: str | bytes) -> None:
        """Any frame to all sockets."""
        for socket in self._sockets:
            await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_text(frame))

    async def hang_up(self) -> None:
        """Close all sockets as a server does that is restarted."""
        sockets, self._sockets = self._sockets, []
        for socket in sockets:
            await socket.close(1012)

    async def heard(self) -> None:
        """Return when somebody listens."""
        while not self._sockets:
            await asyncio.sleep(0.01)

    async def _take(self, request: Request) -> Response:
        await asyncio.sleep(self.delay_s)
        events = await request.json()
        status = self.refuses(events)
        if status is not None:
            return Response("no", status)
        self.batches.append(events)
        self.keep(*(event for event in events if not self.forgets(event)))
        return Response(status_code=204)

    async def _find_task_runs(self, request: Request) -> Response:
        ids = (await request.json())["task_runs"]["id"]["any_"]
        return JSONResponse([self._task_runs[id] for id in ids if id in self._task_runs])

    async def _search(self, request: Request) -> Response:
        asked = await request.json()
        if "event" in asked["filter"]:
            self.sought.append(asked["filter"]["event"].get("name"))
        return self._page(request, asked["filter"], asked.get("limit", 50), 0)

    async def _search_on(self, request: Request) -> Response:
        token = json.loads(base64.b64decode(request.query_params["page-token"]))
        return self._page(request, *token)

    def _page(self, request: Request, filter: Any, limit: int, offset: int) -> Response:
        found = sorted(self._found(filter), key=lambda event: str(event["occurred"]))
        self.paged += limit > 0
        end = offset + limit
        token = base64.b64encode(json.dumps([filter, limit, end]).encode()).decode()
        following = f"http://elsewhere.invalid/api/events/filter/next?page-token={token}" if end < len(found) else None
        return JSONResponse({"events": found[offset:end], "total": len(found), "next_page": following})

    async def _count(self, request: Request) -> Response:
        found = [event["event"] for event in self._found((await request.json())["filter"])]
        return JSONResponse([{"value": kind, "label": kind, "count": found.count(kind)} for kind in set(found)])

    def _found(self, filter: Any) -> list[Told]:
        ids, kinds, occurred = filter.get("id"), filter.get("event", {}), filter["occurred"]
        return [
            event
            for event in self._disk.values()
            if (ids is None or event["id"] in ids["id"])
            and (not kinds.get("name") or event["event"] in kinds["name"])
            and not event["event"].startswith(tuple(kinds.get("exclude_prefix", ())))
            and occurred["since"] <= event["occurred"] <= occurred["until"]
        ]

    async def _out(self, websocket: WebSocket) -> None:
        await websocket.accept("prefect")
        try:
            self.tokens.append((await websocket.receive_json())["token"])
            await websocket.send_json({"type": "auth_success"})
            await websocket.receive_json()
            self._sockets.append(websocket)
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            return
        finally:
            if websocket in self._sockets:
                self._sockets.remove(websocket)


@asynccontextmanager
async def false_upstream() -> AsyncIterator[FalseUpstream]:
    """One that runs on this loop until the block ends."""
    upstream = FalseUpstream()
    routes = [
        Route("/api/events", upstream._take, methods=["POST"]),
        Route("/api/events/filter", upstream._search, methods=["POST"]),
        Route("/api/task_runs/filter", upstream._find_task_runs, methods=["POST"]),
        Route("/api/events/filter/next", upstream._search_on),
        Route("/api/events/count-by/event", upstream._count, methods=["POST"]),
        WebSocketRoute("/api/events/out", upstream._out),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    upstream.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api"
    try:
        yield upstream
    finally:
        server.should_exit = True
        await serving
