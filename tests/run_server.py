"""The part of a Prefect server that is asked for runs, on a port of loopback: it has what the test gives it."""

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import msgspec

from projections.runs.observations import DeploymentObserved, FlowObserved, FlowRunObserved, TaskRunObserved

COLLECTIONS = {
    FlowRunObserved: "flow_runs",
    TaskRunObserved: "task_runs",
    FlowObserved: "flows",
    DeploymentObserved: "deployments",
}


class RunServer:
    """`asked` notes of what it was asked: the collection and the ids."""

    def __init__(self) -> None:
        self.is_away = False
        self.may_answer = threading.Event()
        """While it is not set, it hangs."""
        self.may_answer.set()
        self.asked: list[tuple[str, list[str]]] = []
        self._objects: dict[str, dict[str, Any]] = {name: {} for name in COLLECTIONS.values()}

    def has(self, *objects: FlowRunObserved | TaskRunObserved | FlowObserved | DeploymentObserved) -> None:
        """Have these, in place of those with the same ids."""
        for each in objects:
            self._objects[COLLECTIONS[type(each)]][each.id] = msgspec.to_builtins(each)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/api"

    def times_asked_for(self, id: str) -> int:
        return sum(id in ids for _, ids in self.asked)

    def _answer(self, path: str, body: Any) -> tuple[int, Any]:
        collection = path.removeprefix("/api/").removesuffix("/filter")
        if self.is_away or collection not in self._objects:
            return 503, {}
        ids = body[collection]["id"]["any_"]
        self.asked.append((collection, ids))
        found = self._objects[collection]
        return 200, [found[id] for id in ids if id in found]

    def __enter__(self) -> "RunServer":
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                server.may_answer.wait()
                status, answer = server._answer(self.path, json.loads(body))
                with suppress(OSError):  # who asked has gone
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(json.dumps(answer).encode())

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
