"""One post: to a checked address, within its time, and what came of it."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx2
from msgspec import Struct

from service.schemas.subscriptions import check_url
from service.version import VERSION
from service.webhooks.addresses import AddressRefused, addresses_of

RETRY_AFTER_S_MAX = 3_600
"""A receiver that asks for quiet gets no more than this."""
ANSWER_BYTES_MAX = 65_536
"""How much of an answer is read, so that the connection can be used again. Nobody looks at it."""
DRAIN_S = 1.0
GONE = 410


class Posted(Struct, frozen=True):
    """What came of a post. `error` is None if the receiver has taken it."""

    error: str | None = None
    is_gone: bool = False
    """The receiver says that it wants no more, ever."""
    retry_after_s: float = 0.0


@cache
def _tls() -> ssl.SSLContext:
    """To read all certificates takes a while, so it is done when the first webhook comes, and once."""
    return httpx2.create_ssl_context(trust_env=False)


def new_client() -> httpx2.AsyncClient:
    """A client for one webhook: connections are never shared with another name at the same address."""
    agent = {"user-agent": f"digsite/{VERSION}"}
    return httpx2.AsyncClient(verify=_tls(), trust_env=False, follow_redirects=False, timeout=None, headers=agent)


async def post(
    client: httpx2.AsyncClient,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout_s: float,
    allow_private: bool,
) -> Posted:
    """Post once. Whatever goes wrong is in the answer."""
    try:
        async with asyncio.timeout(timeout_s):
            response = await _sent(client, url, headers, body, allow_private)
    except TimeoutError:
        return Posted(f"No answer within {timeout_s:g} s.")
    except (AddressRefused, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return Posted(f"{type(error).__name__}: {error}")
    await _drain(response)
    if response.is_success:
        return Posted()
    hint = " Redirects are not followed." if response.is_redirect else ""
    return Posted(
        f"The receiver answered {response.status_code}.{hint}",
        is_gone=response.status_code == GONE,
        retry_after_s=retry_after_s(response.headers.get("retry-after", ""), datetime.now(UTC)),
    )


async def _sent(
    client: httpx2.AsyncClient, url: str, headers: Mapping[str, str], body: bytes, allow_private: bool
) -> httpx2.Response:
    """The answer of the first address that takes a connection, its body not read yet."""
    _, host, port = check_url(url)
    whole = httpx2.URL(url)
    addresses = await addresses_of(host, port, allow_private=allow_private)
    for number, address in enumerate(addresses, start=1):
        request = client.build_request(
            "POST",
            whole.copy_with(host=str(address)),
            headers={**headers, "host": whole.netloc.decode()},
            content=body,
            extensions={"sni_hostname": host},
        )
        try:
            return await client.send(request, stream=True)
        except httpx2.ConnectError:
            if number == len(addresses):
                raise
    raise OSError(f"{host} has no address")


async def _drain(response: httpx2.Response) -> None:
    size_bytes = 0
    with suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(DRAIN_S):
            async for part in response.aiter_raw():
                size_bytes += len(part)
                if size_bytes > ANSWER_BYTES_MAX:
                    break
    await response.aclose()


def retry_after_s(value: str, now: datetime) -> float:
    """How long a receiver asks to be left alone, within bounds; 0 if it does not ask."""
    try:
        seconds = float(value) if value.isdecimal() else (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(max(seconds, 0.0), RETRY_AFTER_S_MAX)
