"""The address of the upstream's API, and the credentials that this server itself shows there."""

import base64
import ssl
from urllib.parse import urlsplit

from msgspec import Struct

from service.settings import Settings


class Address(Struct, frozen=True):
    """Where the upstream's API is. Its own credentials, if there are any, are sent instead of the clients'."""

    api_url: str
    """Without a slash at the end: `http://127.0.0.1:4200/api`."""
    authorization: str | None = None
    """The value of the header."""
    token: str | None = None
    """What its sockets are shown: the auth string, or the API key."""

    @property
    def origin(self) -> str:
        """Scheme, host and port: `http://127.0.0.1:4200`."""
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def path(self) -> str:
        """Where the API begins: `/api`."""
        return urlsplit(self.api_url).path

    def socket(self, path: str) -> str:
        """The address of a websocket below the API: `/events/out`."""
        return "ws" + self.api_url.removeprefix("http") + path


def trusted() -> ssl.SSLContext:
    """Whom an `https` upstream is checked by: what this machine trusts, or what `SSL_CERT_FILE` names."""
    return ssl.create_default_context()


def address_of(settings: Settings) -> Address | None:
    """The address that the settings name; None: there is no upstream."""
    if not settings.upstream_api_url:
        return None
    url = settings.upstream_api_url.rstrip("/")
    if settings.upstream_auth_string is not None:
        plain = settings.upstream_auth_string.get_secret_value()
        return Address(url, "Basic " + base64.b64encode(plain.encode()).decode(), plain)
    if settings.upstream_api_key is not None:
        key = settings.upstream_api_key.get_secret_value()
        return Address(url, f"Bearer {key}", key)
    return Address(url)
