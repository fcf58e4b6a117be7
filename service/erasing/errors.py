"""Why an erasure is not begun. Nothing was recorded, and nothing taken away."""


class NothingToErase(Exception):
    """Nothing is there that is asked for, or all of it was erased before."""

    def __init__(self, asked: str, already_erased: int) -> None:
        reason = f"all {already_erased} events of it were erased before" if already_erased else "the log has none of it"
        super().__init__(f"There is nothing to erase of {asked}: {reason}.")
        self.asked, self.already_erased = asked, already_erased


class TooMuchToErase(Exception):
    """More than one erasure takes away."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(
            f"That is more than {limit:,} {what}, which one erasure takes away at most. "
            "Ask for less: a key, a run, or a filter with fewer of them; then for the rest."
        )
        self.what, self.limit = what, limit


class ErasureDiffers(Exception):
    """What would go is not what the dry run has shown."""

    def __init__(self, confirmed: str) -> None:
        super().__init__(
            "What would be erased is not what was shown: something came or went meanwhile. "
            "Ask again without `confirm`, and look."
        )
        self.confirmed = confirmed


class ErasureNotFound(Exception):
    def __init__(self, id: str) -> None:
        super().__init__(f"There is no erasure {id}. GET /erasures lists them.")
        self.id = id
