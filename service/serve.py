"""Serving: listen, say where, stop cleanly."""

import asyncio
import gc
import secrets
import signal
import socket

import uvicorn
from rich.console import Console
from sqlalchemy.engine import make_url

from events.feed import Feeds
from events.stores.sql import SqlStore
from service.app import create_app, opened
from service.backups.watch import LogRestored, epochs, until_restored
from service.parts import Parts
from service.running import leave_note, remove_note
from service.settings import Settings
from service.sockets.protocol import SocketProtocol
from service.version import VERSION

GC_NEW_OBJECTS = 20_000
"""New containers before the collector looks for cycles; Python's own default is 700."""
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
"""Largest message that a socket takes, as in Prefect. A larger one closes it with 1009."""
PING_INTERVAL_S = 20.0
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}
"""When the kernel asks whether a silent peer is still there, and how often, before it gives it up: after two minutes.

Not a ping's answer decides that: from a reader that is only slow it comes late, behind all that waits for it.
"""


class OpenToTheNetwork(Exception):
    """The address is reachable from elsewhere, and anyone there could do anything."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} can be reached from other machines, and neither DIGSITE_API_AUTH_STRING nor an API key "
            "protects this server. Set one (`digsite-server keys create NAME`), or say --insecure."
        )
        self.host = host


class PortTaken(Exception):
    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"Cannot listen on {host}:{port}: {reason}. Choose another with --port.")
        self.host, self.port = host, port


async def serve(settings: Settings, console: Console) -> None:
    """Serve until SIGTERM or Ctrl-C; then finish what runs.

    Raises StorageInUse, StorageUnavailable, OpenToTheNetwork, PortTaken, LogRestored.
    """
    token = secrets.token_urlsafe()
    _spare_the_garbage_collector()
    async with opened(settings, token) as parts:
        if not settings.is_loopback and not settings.insecure and not await parts.access.is_guarded():
            raise OpenToTheNetwork(settings.host)
        server = _server(parts)
        listening = _listen(settings)
        url = f"http://{_shown_host(settings.host)}:{listening.getsockname()[1]}"
        leave_note(settings.database, url, token)
        try:
            known = await epochs(parts.store)
            _announce(console, settings, url)
            await _serve_until_restored(server, listening, parts.store, known)
        finally:
            remove_note(settings.database)
    console.print("Stopped: everything acknowledged is on disk.")


async def _serve_until_restored(
    server: uvicorn.Server, listening: socket.socket, store: SqlStore, known: dict[str, int]
) -> None:
    """Raises LogRestored."""

    def stop(_: "asyncio.Task[str]") -> None:
        server.should_exit = True

    watching = asyncio.create_task(until_restored(store, known), name="epochs")
    watching.add_done_callback(stop)
    await server.serve([listening])
    if watching.done():
        raise LogRestored(watching.result())
    watching.cancel()


def _spare_the_garbage_collector() -> None:
    """What was made at the start stays; what a request makes dies with it, without the collector's help."""
    gc.freeze()
    gc.set_threshold(GC_NEW_OBJECTS)


class Server(uvicorn.Server):
    """Uvicorn's server, which lets the readers of streams go when it stops, instead of waiting for them."""

    def __init__(self, config: uvicorn.Config, feeds: Feeds) -> None:
        super().__init__(config)
        self._feeds = feeds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feeds.stop()
        await super().shutdown(sockets)


def _server(parts: Parts) -> uvicorn.Server:
    """A server that stops at SIGTERM and Ctrl-C from now on, whether it serves already or not.

    While it serves, uvicorn takes these signals itself; when it has stopped, it raises them once more.
    """
    config = uvicorn.Config(
        create_app(parts),
        lifespan="off",
        ws=SocketProtocol,
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_ping_interval=PING_INTERVAL_S,
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
        proxy_headers=bool(parts.settings.trusted_proxies),
        forwarded_allow_ips=parts.settings.trusted_proxies,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=parts.settings.shutdown_timeout_s,
    )
    server = Server(config, parts.feeds)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    return server


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _keep_alive(listening)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen()  # whoever reads where the API is may call it at once
    except OSError as error:
        listening.close()
        raise PortTaken(settings.host, settings.port, error.strerror or str(error)) from error
    return listening


def _keep_alive(listening: socket.socket) -> None:
    """Let peers go that are gone without a word. What is set here, every connection inherits."""
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):  # not on every system
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _announce(console: Console, settings: Settings, url: str) -> None:
    data = make_url(settings.database)
    where = data.database if data.get_backend_name() == "sqlite" else data.render_as_string(hide_password=True)
    console.print(f"[bold]Digsite {VERSION}[/bold]")
    console.print(f"  page  {url}{settings.root_path}/")
    console.print(f"  API   {url}/api")
    console.print(f"  docs  {url}/docs")
    console.print(f"  data  {where}", soft_wrap=True)
    console.print(f"  Prefect clients:  export PREFECT_API_URL={url}/api")
