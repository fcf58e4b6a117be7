"""A receiver of webhooks for tests: a real HTTP server on loopback that notes what it gets and answers as told."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from msgspec import Struct


class Post(Struct, frozen=True):
    """One request."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def position(self) -> int:
        return int(self.headers["ce-digsiteposition"])


Answer = int | tuple[int, dict[str, str]]


class Receiver:
    """`answer` decides for each post; it may take its time."""

    def __init__(self, answer: Callable[[Post], Answer] = lambda _: 204) -> None:
        self.answer = answer
        self.posts: list[Post] = []
        self.overlaps: list[str] = []
        """Resources of which two posts were under way at once."""
        self._under_way: list[str] = []
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook?a=1"

    def wait_for(self, count: int, timeout_s: float = 20) -> list[Post]:
        """Block until so many posts have come. To be called in a thread."""
        deadline = time.monotonic() + timeout_s
        with self._news:
            while len(self.posts) < count:
                if not self._news.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{len(self.posts)} posts came, not {count}")
            return list(self.posts)

    def _receive(self, post: Post) -> Answer:
        about = post.headers.get("ce-subject", "")
        with self._lock:
            if about in self._under_way:
                self.overlaps.append(about)
            self._under_way.append(about)
            self.posts.append(post)
            self._news.notify_all()
        try:
            return self.answer(post)
        finally:
            with self._lock:
                self._under_way.remove(about)

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver._receive(Post(headers, body, time.monotonic()))
                status, more = answer if isinstance(answer, tuple) else (answer, {})
                try:
                    self.send_response(status)
                    for name, value in {"content-length": "0", **more}.items():
                        self.send_header(name, value)
                    self.end_headers()
                except OSError:
                    self.close_connection = True  # the sender has given up

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
