"""What is remembered for a while, by a clock that is set by hand."""

from service.remembered import Remembered


def test_the_newest_are_remembered_and_no_more() -> None:
    remembered: Remembered[str, int] = Remembered(2, 60)
    for number, key in enumerate("abac"):
        remembered.put(key, number)
    assert [remembered.get(key) for key in "abc"] == [2, None, 3]


def test_they_are_remembered_for_a_while() -> None:
    moments = iter([0.0, 59.9, 60.0])
    remembered: Remembered[str, int] = Remembered(2, 60, clock=lambda: next(moments))
    remembered.put("a", 1)
    assert (remembered.get("a"), remembered.get("a")) == (1, None)
