"""An outage of what the server can do without: told when it begins and when it ends, waited out in between."""

import time
from random import SystemRandom

import structlog
from prometheus_client import Gauge

UP = Gauge(
    "digsite_up", "Whether what the server can do without is there: carriers of the bus, mirrors, the bridge.", ["what"]
)

RETRY_FIRST_S = 0.1
"""How long to wait after the first fault, at most; then twice as long each time."""
RETRY_S_MAX = 5.0
"""The longest wait between two tries."""

log_ = structlog.get_logger()
_random = SystemRandom().random


class Outage:
    """Whether something is there at the moment, and if it was found to be away, why."""

    def __init__(self, of: str, **facts: str) -> None:
        self._of = of
        self._facts = facts
        self._failures = 0
        self._gauge = UP.labels(of)
        self._gauge.set(0)
        self.is_over = False
        """Not before it was reached for the first time."""
        self.reason: str | None = None
        self._began = 0.0

    @property
    def lasts_s(self) -> float:
        """For how long it has been found to be away; 0 when it is not."""
        return time.monotonic() - self._began if self._failures else 0.0

    def begin(self, error: BaseException) -> float:
        """It failed, once more perhaps. Answers how long to wait before the next try, in seconds."""
        reason = f"{type(error).__name__}: {error}"
        if self._failures == 0:
            self._began = time.monotonic()
            log_.warning(f"{self._of} is away", reason=reason, **self._facts)
        self.is_over, self.reason = False, reason
        self._gauge.set(0)
        self._failures += 1
        return wait_s(self._failures, _random())

    def end(self) -> None:
        """It works."""
        if self._failures:
            log_.info(f"{self._of} is back", failures=self._failures, **self._facts)
        self.is_over, self.reason = True, None
        self._gauge.set(1)
        self._failures = 0


def wait_s(failures: int, noise: float) -> float:
    """The wait after so many failures in a row. `noise` from 0 to 1 takes up to half of it away: tries spread."""
    longest = min(RETRY_FIRST_S * 2.0 ** min(failures - 1, 30), RETRY_S_MAX)
    return longest * (1 - noise / 2)
