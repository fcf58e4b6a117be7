"""The benchmark of the streams notices what it must notice: a gap, a half frame, a ping."""

from benchmarks.streams.telling import telling
from benchmarks.streams.websocket import PING, TEXT


def framed(payload: bytes, opcode: int = TEXT) -> bytes:
    """As a server sends it."""
    size = len(payload)
    length = bytes([size]) if size < 126 else bytes([126]) + size.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + payload


def told(after: int, to: int, pad: int = 0) -> bytes:
    return framed(f'{{"type":"events","from":{after},"to":{to},"events":[{" " * pad}]}}'.encode())


def test_frames_that_go_on_where_the_one_before_ended_have_no_gap() -> None:
    found = telling(told(3, 5) + told(5, 9, pad=300))
    assert (found.frames, found.events, found.gaps, found.first, found.last) == (2, 6, 0, b"3", b"9")


def test_a_frame_that_begins_elsewhere_is_a_gap() -> None:
    assert telling(told(3, 5) + told(6, 9)).gaps == 1


def test_a_place_without_events_counts_as_told() -> None:
    heartbeat = framed(b'{"type":"heartbeat","to":8,"head":8}')
    assert telling(told(3, 5) + heartbeat + told(8, 9)).gaps == 0


def test_half_a_frame_waits_for_its_rest() -> None:
    whole = told(3, 5)
    assert [telling((whole + whole)[: len(whole) + cut]).used for cut in (0, 1, 3, 40)] == [len(whole)] * 4


def test_each_event_of_prefects_stream_is_a_frame() -> None:
    found = telling(framed(b'{"type":"event","event":{}}') * 3)
    assert (found.frames, found.events) == (3, 3)


def test_a_ping_is_to_be_answered() -> None:
    assert telling(framed(b"abcd", PING)).pings == (b"abcd",)
