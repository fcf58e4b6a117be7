"""What can go wrong with a named subscription.

SubscriptionError
├── SubscriptionNotFound     there is none of this name
├── SubscriptionDiffers      there is one, with another filter or start
├── SubscriptionDisabled     it is switched off
├── TooManySubscriptions     the log has as many as it may
├── StaleTokens              leases that have ended, or were settled
├── NotParked                nothing is parked at this position
└── NotDelivered             the event is not there, or its first delivery is still to come
"""


class SubscriptionError(Exception):
    """The root of these errors."""


class SubscriptionNotFound(SubscriptionError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no subscription named {name!r}. Make it with PUT first.")
        self.name = name


class SubscriptionDiffers(SubscriptionError):
    """Nothing was changed: the place that it keeps belongs to the filter and start that it has."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The subscription {name!r} has another filter or start. Choose another name, or say reset=true: "
            "then it begins anew, and forgets what is outstanding and parked."
        )
        self.name = name


class SubscriptionDisabled(SubscriptionError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The subscription {name!r} is switched off: {reason} Switch it on with POST .../enable.")
        self.name, self.reason = name, reason


class TooManySubscriptions(SubscriptionError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"This log has {limit} named subscriptions, which is the limit. Delete one first.")
        self.limit = limit


class StaleTokens(SubscriptionError):
    """Nothing was changed, not even for the other tokens of the request."""

    def __init__(self, tokens: list[str]) -> None:
        super().__init__(
            f"{len(tokens)} of the leases have ended or are settled: {', '.join(tokens[:3])}"
            f"{', ...' if len(tokens) > 3 else ''}. Nothing was changed; send the others without them."
        )
        self.tokens = tokens


class NotParked(SubscriptionError):
    def __init__(self, name: str, position: int) -> None:
        super().__init__(f"The subscription {name!r} has nothing parked at position {position}.")
        self.name, self.position = name, position


class NotDelivered(SubscriptionError):
    def __init__(self, name: str, position: int) -> None:
        super().__init__(
            f"Position {position} cannot be delivered again by {name!r}: the log has no such event, "
            "or its first delivery is still to come."
        )
        self.name, self.position = name, position
