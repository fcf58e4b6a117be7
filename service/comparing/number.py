"""What changed in a number, a progress among them."""

from typing import Any, TypeGuard

from msgspec import Struct


class NumberDiff(Struct, frozen=True, kw_only=True):
    before: float
    after: float
    delta: float
    unit: str
    """`%` for a progress, else nothing."""

    @property
    def is_empty(self) -> bool:
        return self.before == self.after

    def summary(self) -> str:
        return f"{shown(self.before, self.unit)} → {shown(self.after, self.unit)}"


def compare_numbers(before: float, after: float, unit: str) -> NumberDiff:
    return NumberDiff(before=before, after=after, delta=after - before, unit=unit)


def is_number(value: Any) -> TypeGuard[float]:
    """Whether it is a number that a double can hold, so that the difference of two is one as well."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def shown(number: float, unit: str) -> str:
    return f"{number:.6g}{unit}"


_LARGEST = 1e307
