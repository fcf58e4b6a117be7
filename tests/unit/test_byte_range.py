"""Parts of a body, as RFC 9110 has them."""

import pytest

from service.byte_range import RangeNotSatisfiable, byte_range

SIZE = 10


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("bytes=5-", (5, 10)),
        ("bytes=9-9", (9, 10)),
        ("bytes=0-999999999999999999", (0, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-11", (0, 10)),
    ],
)
def test_a_part_is_cut_at_the_end(asked: str, part: tuple[int, int]) -> None:
    assert byte_range(asked, SIZE) == part


@pytest.mark.parametrize(
    "asked",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=a-b",
        "lines=0-1",
        "bytes=0-1,3-4",
        "bytes=\u0661-",
        " bytes=0-1",
    ],
)
def test_what_is_not_understood_asks_for_all(asked: str | None) -> None:
    assert byte_range(asked, SIZE) is None


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_part_beyond_the_end_is_refused(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refusal:
        byte_range(asked, SIZE)
    assert (refusal.value.asked, refusal.value.size_bytes) == (asked, SIZE)
