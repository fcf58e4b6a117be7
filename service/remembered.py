"""What is remembered for a while: the newest, so many and no more."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """Values by key, each for so many seconds."""

    def __init__(self, max_: int, for_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._max = max_
        self._for_s = for_s
        self._clock = clock
        self._values: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key) -> Value | None:
        until_s, value = self._values.get(key, (0.0, None))
        return value if self._clock() < until_s else None

    def clear(self) -> None:
        self._values.clear()

    def put(self, key: Key, value: Value) -> None:
        self._values.pop(key, None)
        self._values[key] = (self._clock() + self._for_s, value)
        if len(self._values) > self._max:
            del self._values[next(iter(self._values))]
