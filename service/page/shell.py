"""The shell: the page's index with its holes filled, for the place at which the server is mounted."""

import msgspec
from msgspec import Struct

from service.page.bundle import FILES
from service.version import VERSION

HOLE = "<!--start-->"
"""Where the index takes what the page starts with."""


class Start(Struct, frozen=True):
    """What the page starts with."""

    root: str
    """The path before all of the page's addresses: empty, or `/x`."""
    position: int | None
    """Where the log ends; None: those who may read it are asked for credentials."""
    version: str = VERSION


def shell(index: str, start: Start) -> bytes:
    """The document that a browser is sent. Pure."""
    text = msgspec.json.encode(start).decode().replace("<", "\\u003c")
    data = f'<script type="application/json" id="start">{text}</script>'
    return index.replace(f'"./{FILES}/', f'"{start.root}/{FILES}/').replace(HOLE, data).encode()


def unbuilt() -> bytes:
    """What is shown where the page's files are missing."""
    return (
        b'<!doctype html><html lang="en"><title>Digsite</title><h1>The page has not been built</h1>'
        b"<p>The API is served, and <a href='docs'>its documentation</a>. To build the page, where npm's packages can "
        b"be reached: <code>uv run npm --prefix ui ci &amp;&amp; uv run npm --prefix ui run build</code>, "
        b"and start the server again.</html>"
    )
