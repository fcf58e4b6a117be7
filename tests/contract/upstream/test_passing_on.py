"""A request reaches the upstream as it was sent, and its answer the client: to the byte, and as it comes."""

import asyncio
import gzip
from itertools import pairwise
from random import Random

import pytest

from tests.memory import highest_bytes, resident_bytes
from tests.peers import OK, Behaviour, Caller, Headers, Message, Peer, answering
from tests.servers import LiveServer

PIECE = bytes(range(256)) * 1024
MANY = 256
"""Pieces of a stream that is too large to be held: 64 MiB."""
HELD_BYTES_MAX = 24 * 1024 * 1024


# what is sent


async def test_the_path_and_the_query_are_kept_to_the_byte(caller: Caller, peer: Peer) -> None:
    target = b"/api/peer/a%2Fb/%C3%A9/%zz/.//..;x?q=%20+%&&=&a=1&a=2"
    await caller.ask(b"GET " + target)
    assert peer.seen[0].start[1] == target


@pytest.mark.parametrize("method", [b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"HEAD"])
async def test_any_method_is_passed_on(caller: Caller, peer: Peer, method: bytes) -> None:
    answer = await caller.ask(method + b" /api/peer")
    assert (answer.start[1], peer.seen[0].start[0]) == (b"200", method)


async def test_headers_are_kept_those_of_the_connection_are_not(caller: Caller, peer: Peer) -> None:
    await caller.ask(
        b"GET /api/peer",
        b"X-Two: 1",
        b"X-Two: 2",
        b"Authorization: Basic abc",
        b"Prefect-Csrf-Token: t",
        b"Connection: keep-alive, X-Private",
        b"X-Private: mine",
        b"Keep-Alive: timeout=5",
        b"TE: trailers",
    )
    seen = peer.seen[0]
    assert seen.values(b"x-two") == [b"1", b"2"]
    assert (seen.values(b"authorization"), seen.values(b"prefect-csrf-token")) == ([b"Basic abc"], [b"t"])
    assert [seen.values(name) for name in (b"connection", b"x-private", b"keep-alive", b"te")] == [[], [], [], []]


async def test_the_upstream_is_told_who_asked_whom(caller: Caller, peer: Peer) -> None:
    await caller.ask(b"GET /api/peer")
    seen = peer.seen[0]
    assert seen.values(b"host") == [f"127.0.0.1:{peer.port}".encode()]
    assert seen.values(b"x-forwarded-for") == [b"127.0.0.1"]
    assert seen.values(b"x-forwarded-host") == [b"digsite.example:4200"]
    assert seen.values(b"x-forwarded-proto") == [b"http"]
    assert seen.values(b"via")[0].startswith(b"1.1 digsite-")


async def test_what_a_proxy_in_front_has_told_goes_on_with_its_own_address(caller: Caller, peer: Peer) -> None:
    told = (b"X-Forwarded-For: 192.0.2.7", b"X-Forwarded-Proto: https", b"X-Forwarded-Host: outside.example")
    await caller.ask(b"GET /api/peer", *told)
    seen = peer.seen[0]
    assert seen.values(b"x-forwarded-for") == [b"192.0.2.7, 127.0.0.1"]
    assert seen.values(b"x-forwarded-host") == [b"outside.example"]
    assert seen.values(b"x-forwarded-proto") == [b"https"]


@pytest.mark.parametrize("framing", [b"Content-Length: 11", b"Transfer-Encoding: chunked"])
async def test_a_body_is_passed_on_while_it_comes(caller: Caller, peer: Peer, framing: bytes) -> None:
    """The second half is sent when the first has arrived."""
    halves = (b"hello ", b"world") if b"Length" in framing else (b"6\r\nhello \r\n", b"5\r\nworld\r\n0\r\n\r\n")
    arrived = asyncio.Queue[bytes]()

    async def behave(request: Message, writer: asyncio.StreamWriter) -> None:
        async for piece in request.pieces():
            arrived.put_nowait(piece)
        writer.write(OK + b"Content-Length: 0\r\n\r\n")

    peer.behave = behave
    await caller.send(b"POST /api/peer HTTP/1.1\r\nHost: d\r\n" + framing + b"\r\n\r\n" + halves[0])
    assert await asyncio.wait_for(arrived.get(), 10) == b"hello "
    await caller.send(halves[1])
    assert await asyncio.wait_for(arrived.get(), 10) == b"world"
    assert (await caller.answer()).start[1] == b"200"


async def test_who_waits_for_100_is_told_to_go_on(caller: Caller, peer: Peer) -> None:
    head = b"POST /api/peer HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    await caller.send(head)
    assert (await caller.answer()).start[1] == b"100"
    await caller.send(b"ok")
    assert (await caller.answer()).start[1] == b"200"


# what is answered


async def test_headers_of_the_answer_are_kept_and_the_date_is_told_once(caller: Caller, peer: Peer) -> None:
    head = (
        b"HTTP/1.1 418 Teapot\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nServer: tea\r\nDate: then\r\nKeep-Alive: 5\r\n"
    )
    peer.behave = answering(head, b"pot")
    answer = await caller.ask(b"GET /api/peer")
    assert (answer.start[1], await answer.body()) == (b"418", b"pot")
    assert answer.values(b"set-cookie") == [b"a=1", b"b=2"]
    assert (answer.values(b"server"), answer.values(b"keep-alive"), len(answer.values(b"date"))) == ([b"tea"], [], 1)


@pytest.mark.parametrize("head", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"])
async def test_an_answer_without_a_body_leaves_the_connection_usable(caller: Caller, peer: Peer, head: bytes) -> None:
    peer.behave = raw(head)
    assert (await caller.ask(b"GET /api/peer")).start[1] == head.split()[1]
    peer.behave = answering(OK, b"next")
    assert await (await caller.ask(b"GET /api/peer")).body() == b"next"


async def test_the_length_that_a_head_is_answered_with_is_kept(caller: Caller, peer: Peer) -> None:
    peer.behave = raw(OK + b"Content-Length: 12345\r\n\r\n")
    assert (await caller.ask(b"HEAD /api/peer")).values(b"content-length") == [b"12345"]
    peer.behave = raw(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 12345\r\n\r\n")
    assert (await caller.ask(b"GET /api/peer")).start[1] == b"304"
    assert (await caller.ask(b"GET /api/peer")).start[1] == b"304"


async def test_what_is_compressed_stays_as_it_is(caller: Caller, peer: Peer) -> None:
    packed = gzip.compress(PIECE)
    peer.behave = answering(OK + b"Content-Encoding: gzip\r\n", packed)
    answer = await caller.ask(b"GET /api/peer", b"Accept-Encoding: gzip")
    assert (answer.values(b"content-encoding"), await answer.body()) == ([b"gzip"], packed)


async def test_what_is_not_compressed_stays_as_it_is(caller: Caller, peer: Peer) -> None:
    peer.behave = answering(OK, PIECE)
    answer = await caller.ask(b"GET /api/peer", b"Accept-Encoding: gzip")
    assert (answer.values(b"content-encoding"), await answer.body()) == ([], PIECE)


async def test_an_answer_is_passed_on_while_it_comes(caller: Caller, peer: Peer) -> None:
    """The second half is sent when the first has arrived."""
    arrived = asyncio.Event()

    async def behave(_: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        await arrived.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    peer.behave = behave
    pieces = (await caller.ask(b"GET /api/peer")).pieces()
    assert await asyncio.wait_for(anext(pieces), 10) == b"one"
    arrived.set()
    assert [piece async for piece in pieces] == [b"two"]


@pytest.mark.parametrize(
    ("location", "moved"),
    [
        ("http://{peer}/api/flows/?a=1", "/api/flows/?a=1"),
        ("https://{peer}/api/flows/%2F#f", "/api/flows/%2F#f"),
        ("/api/flows/", "/api/flows/"),
        ("http://{peer}/elsewhere", "http://{peer}/elsewhere"),
        ("http://elsewhere.example/api/flows/", "http://elsewhere.example/api/flows/"),
        ("../flows", "../flows"),
    ],
)
async def test_a_redirect_into_the_upstream_leads_to_digsite(
    caller: Caller, peer: Peer, location: str, moved: str
) -> None:
    told, expected = (text.format(peer=f"127.0.0.1:{peer.port}").encode() for text in (location, moved))
    peer.behave = answering(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %b\r\n" % told)
    answer = await caller.ask(b"GET /api/peer")
    assert (answer.start[1], answer.values(b"location")) == (b"307", [expected])


async def test_which_pages_may_read_an_answer_is_digsites_to_say_once(caller: Caller, peer: Peer) -> None:
    peer.behave = answering(
        OK + b"Access-Control-Allow-Origin: http://theirs\r\nAccess-Control-Allow-Credentials: true\r\n"
    )
    answer = await caller.ask(b"GET /api/peer", b"Origin: http://page.example", b"Accept-Encoding: gzip")
    assert answer.values(b"access-control-allow-origin") == [b"*"]
    assert answer.values(b"access-control-allow-credentials") == []


# any


@pytest.mark.parametrize("seed", range(3))
async def test_anything_goes_through_unchanged(caller: Caller, peer: Peer, seed: int) -> None:
    dice = Random(seed)
    for _ in range(40):
        body, answered = (dice.randbytes(dice.choice((0, 1, 700, 70_000, 200_000))) for _ in range(2))
        sent, told = some_headers(dice), some_headers(dice)
        status = dice.choice((200, 201, 202, 206, 400, 404, 409, 422, 429, 500, 503))
        target = b"/api/peer/" + bytes(dice.choices(b"abcXYZ09-._~!$&'()*+,;=:@%/", k=dice.randrange(60)))
        peer.behave = exchange = Exchange(dice, status, told, answered)
        rest = framed(dice, body, sent)
        await caller.send(b"PUT %b HTTP/1.1\r\nHost: d\r\n%b\r\n" % (target, lines(sent)) + rest)
        answer = await caller.answer()
        assert (peer.seen[-1].start[:2], exchange.body) == ([b"PUT", target], body)
        assert (int(answer.start[1]), await answer.body()) == (status, answered)
        assert [pair for pair in peer.seen[-1].headers if pair[0].startswith(b"x-t")] == own(sent)
        assert [pair for pair in answer.headers if pair[0].startswith(b"x-t")] == own(told)


class Exchange:
    """Reads a body, and answers with what was given, in a framing that the dice choose."""

    def __init__(self, dice: Random, status: int, headers: Headers, answered: bytes) -> None:
        self._head = b"HTTP/1.1 %d Whatever\r\n" % status
        self._rest = framed(dice, answered, headers)
        self._headers = headers
        self.body = b""

    async def __call__(self, request: Message, writer: asyncio.StreamWriter) -> None:
        self.body = await request.body()
        writer.write(self._head + lines(self._headers) + b"\r\n" + self._rest)


def some_headers(dice: Random) -> Headers:
    """Names in lower case, some of them twice."""
    names = [b"x-t%d" % dice.randrange(4) for _ in range(dice.randrange(6))]
    return [(name, bytes(dice.choices(range(0x21, 0x7F), k=dice.randrange(30)))) for name in names]


def own(headers: Headers) -> Headers:
    return [pair for pair in headers if pair[0].startswith(b"x-t")]


def lines(headers: Headers) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in headers)


def framed(dice: Random, body: bytes, headers: Headers) -> bytes:
    """The body as it is sent; how it is framed is added to the headers."""
    if dice.random() < 0.5:
        headers.append((b"content-length", b"%d" % len(body)))
        return body
    headers.append((b"transfer-encoding", b"chunked"))
    cuts = [0, *sorted(dice.randrange(len(body) + 1) for _ in range(3)), len(body)]
    pieces = [body[start:end] for start, end in pairwise(cuts)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


def raw(data: bytes) -> Behaviour:
    async def answer(_: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return answer


# much


async def test_a_large_answer_takes_no_memory(caller: Caller, peer: Peer, in_front: LiveServer) -> None:
    async def behave(_: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: %d\r\n\r\n" % (MANY * len(PIECE)))
        for _ in range(MANY):
            writer.write(PIECE)
            await writer.drain()

    peer.behave = behave
    before = resident_bytes(in_front)
    answer = await caller.ask(b"GET /api/peer")
    await asyncio.sleep(0.5)  # a reader that is slow to begin
    assert sum([len(piece) async for piece in answer.pieces()]) == MANY * len(PIECE)
    assert highest_bytes(in_front) - before < HELD_BYTES_MAX


async def test_a_large_body_takes_no_memory(caller: Caller, peer: Peer, in_front: LiveServer) -> None:
    async def behave(request: Message, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)  # a reader that is slow to begin
        count = sum([len(piece) async for piece in request.pieces()])
        await answering(OK, str(count).encode())(Message([], [], request.reader), writer)

    peer.behave = behave
    before = resident_bytes(in_front)
    await caller.send(b"POST /api/peer HTTP/1.1\r\nHost: d\r\nContent-Length: %d\r\n\r\n" % (MANY * len(PIECE)))
    for _ in range(MANY):
        await caller.send(PIECE)
    assert int(await (await caller.answer()).body()) == MANY * len(PIECE)
    assert highest_bytes(in_front) - before < HELD_BYTES_MAX
