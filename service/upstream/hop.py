"""A hop: what changes on a message between the client and the upstream (RFC 9110, section 7.6), and nothing else."""

import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import Scope

from service.upstream.address import Address

Headers = list[tuple[bytes, bytes]]
"""Names in lower case; what is there twice stays there twice."""

HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade")
)
ANSWERED_HERE = frozenset((b"host", b"content-length", b"expect"))
"""Of a request: the upstream has another host, the length is that of what is read, and this server says 100."""
SAID_HERE = (b"date", b"x-request-id", b"access-control-")
"""Of an answer: this server tells its own time, names the request, and decides which pages may call it."""
WITHOUT_BODY = frozenset((204, 304))

PSEUDONYM = f"digsite-{secrets.token_hex(4)}".encode()
"""This process among those that a request came through. Who meets it again goes round in circles."""


def request_headers(scope: Scope, address: Address) -> Headers:
    """The headers of a request as the upstream gets them. The client's credentials give way to our own, if we have any.

    The caller adds how its body is framed.
    """
    sent = _lasting(scope["headers"])
    host = _value(scope["headers"], b"host")
    told = {b"x-forwarded-host": host, b"x-forwarded-proto": scope["scheme"].replace("ws", "http").encode()}
    names = {name for name, _ in sent}
    own = None if address.authorization is None else address.authorization.encode()
    return [
        (b"host", urlsplit(address.api_url).netloc.rpartition("@")[2].encode()),
        *((n, v) for n, v in sent if n != b"x-forwarded-for" and not (own and n == b"authorization")),
        *((name, value) for name, value in told.items() if value and name not in names),
        (b"x-forwarded-for", _way(scope, b", ".join(_values(sent, b"x-forwarded-for")))),
        (b"via", b"1.1 " + PSEUDONYM),
        *([(b"authorization", own)] if own else ()),
    ]


def target(scope: Scope, address: Address, root: str) -> bytes:
    """What the upstream is asked for, to the byte. `root` is where its API is in ours."""
    path: bytes = scope["raw_path"].removeprefix(root.encode())
    query: bytes = scope["query_string"]
    return address.path.encode() + path + (b"?" + query if query else b"")


def answer_headers(status: int, headers: Iterable[tuple[bytes, bytes]], address: Address, root: str) -> Headers:
    """The headers of an answer as the client gets them."""
    lower = [(name.lower(), value) for name, value in headers]
    return [
        (name, moved(value, address, root) if name == b"location" else value)
        for name, value in _without_hop(lower)
        if not name.startswith(SAID_HERE) and not (name == b"content-length" and status in WITHOUT_BODY)
    ]


def moved(location: bytes, address: Address, root: str) -> bytes:
    """A place in the upstream's API as a place in ours; any other as it is."""
    parts = urlsplit(location)
    upstream = urlsplit(address.api_url.encode())
    leads_there = not parts.netloc or parts.netloc.rpartition(b"@")[2] == upstream.netloc.rpartition(b"@")[2]
    if not leads_there or not parts.path.startswith(upstream.path + b"/"):
        return location
    path = root.encode() + parts.path.removeprefix(upstream.path)
    return parts._replace(scheme=b"", netloc=b"", path=path).geturl()


def framing(headers: Headers) -> Headers:
    """How the body of a request is framed to the upstream; empty: it has none."""
    if _value(headers, b"transfer-encoding"):
        return [(b"transfer-encoding", b"chunked")]
    length = _value(headers, b"content-length")
    return [(b"content-length", length)] if length else []


def has_come_round(headers: Headers) -> bool:
    """Whether a request has been here before."""
    return any(PSEUDONYM in value for value in _values(headers, b"via"))


def _lasting(headers: Headers) -> Headers:
    return [(name, value) for name, value in _without_hop(headers) if name not in ANSWERED_HERE]


def _without_hop(headers: Headers) -> Headers:
    """Without those of one connection only: the known ones, and what `Connection` names."""
    named = {token.strip().lower() for value in _values(headers, b"connection") for token in value.split(b",")}
    named.discard(b"content-length")
    return [(name, value) for name, value in headers if name not in HOP_BY_HOP and name not in named]


def _values(headers: Headers, wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _value(headers: Headers, wanted: bytes) -> bytes:
    return next(iter(_values(headers, wanted)), b"")


def _way(scope: Scope, told: bytes) -> bytes:
    """The addresses that a request came by: those `told`, and the client's, unless a proxy has told that as well."""
    client = scope.get("client")
    address = b"unknown" if client is None else client[0].encode()
    return told if told.endswith(address) else b", ".join(filter(None, (told, address)))
