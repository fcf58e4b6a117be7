"""Whose pages may call: what a page of another site has a browser send is refused here, not only kept from being read.

A browser asks before most of what such a page wants to send, but not before a body without a type, none at all, or a
socket. Programs name no origin.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

ANY = "*"


class OriginNotAllowed(Exception):
    """A page of this origin may not do what it asked for."""

    def __init__(self, origin: str) -> None:
        super().__init__(
            f"A page of {origin} may not do this here, because it is of another site. "
            "Name its origin in DIGSITE_CORS_ALLOWED_ORIGINS if it may."
        )
        self.origin = origin


class AllowedOrigins:
    """Pages of a named origin may do everything. Beside them, with `*`: all may look, and those of this site may do
    everything; without: those of this very origin."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)

    def check(self, headers: dict[bytes, bytes], *, only_looks: bool) -> None:
        """Raises OriginNotAllowed."""
        if b"origin" not in headers:
            return
        origin = headers[b"origin"].decode("latin-1")
        if origin not in self._origins and not self._lets(origin, headers, only_looks):
            raise OriginNotAllowed(origin)

    def _lets(self, origin: str, headers: dict[bytes, bytes], only_looks: bool) -> bool:
        if ANY in self._origins:
            return only_looks or _is_of_this_site(origin, headers)
        return _is_this_one(origin, headers)


def _is_this_one(origin: str, headers: dict[bytes, bytes]) -> bool:
    """What the browser says of it counts more: a proxy may have given the request another host."""
    told = headers.get(b"sec-fetch-site")
    return told == b"same-origin" if told else urlsplit(origin).netloc == _host(headers)


def _is_of_this_site(origin: str, headers: dict[bytes, bytes]) -> bool:
    """This machine is one site, whatever it is called."""
    if headers.get(b"sec-fetch-site") in (b"same-origin", b"same-site"):
        return True
    its, ours = _hostname(origin), _hostname(f"//{_host(headers)}")
    return its != "" and (its == ours or (_is_loopback(its) and _is_loopback(ours)))


def _host(headers: dict[bytes, bytes]) -> str:
    return headers.get(b"host", b"").decode("latin-1")


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_loopback(hostname: str) -> bool:
    try:
        return ip_address(hostname).is_loopback
    except ValueError:
        return hostname == "localhost" or hostname.endswith(".localhost")
