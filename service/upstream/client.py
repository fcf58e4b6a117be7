"""A client of the upstream's REST API, for what this server itself wants to know or to tell."""

import uuid
from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec
from msgspec import Struct

from service.upstream.address import Address, trusted
from service.version import VERSION

TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 2.0
ANSWER_SHOWN_MAX = 300
"""Characters of an answer that are shown in an error."""
UNAVAILABLE = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Answers after which the same may be asked again."""


RETRY_FIRST_S = 2
UPSTREAM_RETRY_S_MAX = 32


class UpstreamUnavailable(Exception):
    """The upstream cannot be reached, or cannot answer just now. To try again later is right."""

    def __init__(self, url: str, reason: str, status: int | None = None, *, away_s: float = 0.0) -> None:
        super().__init__(f"The Prefect server at {url} is not available: {reason}.")
        self.url, self.reason, self.status = url, reason, status
        self.retry_after_s = retry_after_s(away_s)


class UpstreamRefused(Exception):
    """The upstream has answered that it will not. To ask the same again is of no use."""

    def __init__(self, method: str, url: str, status: int, answer: str) -> None:
        hint = " Set DIGSITE_UPSTREAM_AUTH_STRING or DIGSITE_UPSTREAM_API_KEY." if status in (401, 403) else ""
        super().__init__(f"The Prefect server answered {status} to {method} {url}: {answer[:ANSWER_SHOWN_MAX]}.{hint}")
        self.method, self.url, self.status, self.answer = method, url, status, answer


class AnswerTooLarge(Exception):
    """The upstream's answer has more bytes than were asked for at most."""

    def __init__(self, url: str, bytes_max: int) -> None:
        super().__init__(f"The Prefect server's answer to {url} is larger than {bytes_max:,} bytes.")
        self.url, self.bytes_max = url, bytes_max


Headers = Mapping[str, str]


class _Answer(Struct, frozen=True):
    url: str
    status: int
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


class UpstreamClient:
    """Asks one upstream. All methods raise UpstreamUnavailable and UpstreamRefused."""

    def __init__(self, address: Address, timeout_s: float = TIMEOUT_S) -> None:
        headers = {"user-agent": f"digsite/{VERSION}"}
        if address.authorization is not None:
            headers["authorization"] = address.authorization
        self.address = address
        self._client = httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
            verify=trusted(),
            trust_env=False,
            follow_redirects=True,
        )

    async def get(self, path: str, form: Any = Any, *, shown: Headers | None = None) -> Any:
        """The JSON at a path below the API, decoded into a form; None: it is not there.

        `shown` are a client's credentials, for which it is asked; this server's own take their place. So with `post`.
        """
        answer = await self._send("GET", path, None, shown=shown)
        return None if answer.status == httpx2.codes.NOT_FOUND else _decoded(answer, form)

    async def post(
        self,
        path: str,
        body: object,
        form: Any = Any,
        *,
        shown: Headers | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        """The JSON that a post is answered with, decoded into a form; None: an answer without a body."""
        answer = await self._send("POST", path, msgspec.json.encode(body), timeout_s=timeout_s, shown=shown)
        return _decoded(answer, form) if answer.content else None

    async def post_for_text(self, path: str, body: object, bytes_max: int) -> str:
        """The JSON that a post is answered with, as text. Raises AnswerTooLarge."""
        return (await self._send("POST", path, msgspec.json.encode(body), bytes_max=bytes_max)).text

    async def get_text(self, path: str, bytes_max: int) -> str:
        """The JSON at a path, as text. Raises AnswerTooLarge."""
        return (await self._send("GET", path, None, bytes_max=bytes_max)).text

    async def patch(self, path: str, body: object) -> None:
        await self._send("PATCH", path, msgspec.json.encode(body))

    async def delete(self, path: str) -> None:
        await self._send("DELETE", path, None)

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        *,
        bytes_max: int | None = None,
        timeout_s: float | None = None,
        shown: Headers | None = None,
    ) -> _Answer:
        url = self.address.api_url + path
        try:
            answer = await self._ask(method, url, content, bytes_max, timeout_s, shown)
            if answer.status == httpx2.codes.FORBIDDEN and "CSRF" in answer.text and await self._take_csrf_token():
                answer = await self._ask(method, url, content, bytes_max, timeout_s, shown)
        except httpx2.TransportError as error:
            raise UpstreamUnavailable(url, str(error) or type(error).__name__) from error
        if answer.status in UNAVAILABLE:
            raise UpstreamUnavailable(url, f"it answered {answer.status}", answer.status)
        is_nothing_there = method == "GET" and answer.status == httpx2.codes.NOT_FOUND
        if httpx2.codes.is_error(answer.status) and not is_nothing_there:
            raise UpstreamRefused(method, url, answer.status, answer.text)
        return answer

    async def _ask(
        self,
        method: str,
        url: str,
        content: bytes | None,
        bytes_max: int | None = None,
        timeout_s: float | None = None,
        shown: Headers | None = None,
    ) -> _Answer:
        """Raises httpx2.TransportError, AnswerTooLarge."""
        headers = {**(shown or {}), **({"content-type": "application/json"} if content else {})}
        if self.address.authorization is not None:
            headers["authorization"] = self.address.authorization
        timeout = self._client.timeout if timeout_s is None else httpx2.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
        read = bytearray()
        async with self._client.stream(method, url, content=content, headers=headers, timeout=timeout) as response:
            async for part in response.aiter_bytes():
                read += part
                if bytes_max is not None and len(read) > bytes_max:
                    raise AnswerTooLarge(url, bytes_max)
        return _Answer(url, response.status_code, bytes(read))

    async def _take_csrf_token(self) -> bool:
        """Show a token of its own from now on, if it gives one."""
        name = str(uuid.uuid4())
        answer = await self._ask("GET", f"{self.address.api_url}/csrf-token?client={name}", None)
        if answer.status != httpx2.codes.OK:
            return False
        token = _decoded(answer, _CsrfToken).token
        self._client.headers.update({"Prefect-Csrf-Client": name, "Prefect-Csrf-Token": token})
        return True


class _CsrfToken(Struct):
    token: str


def _decoded(answer: _Answer, form: Any) -> Any:
    try:
        return msgspec.json.decode(answer.content, type=form)
    except msgspec.DecodeError as error:  # a ValidationError is one, too
        raise UpstreamUnavailable(answer.url, f"what it answered is not what it should be: {error}") from error


def retry_after_s(away_s: float) -> int:
    """When to ask again an upstream that has been away for so long.

    Prefect's client asks five times more, and does as it is told. Left to itself it would wait for 2, 4, 8, 16 and
    32 s: so does one that meets the upstream's first moment away here. Always the same short wait would make it give up
    before the upstream has started again.
    """
    return min(RETRY_FIRST_S + round(away_s), UPSTREAM_RETRY_S_MAX)
