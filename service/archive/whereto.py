"""What the command line asks of the archive: up to when."""

from events.clock import as_text, now

DAY = 86_400 * 1_000_000


class NothingAsked(Exception):
    def __init__(self) -> None:
        super().__init__("Say up to when, by --before or by --older-than; or say --restore.")


def before_of(before: str | None, older_than_days: float | None) -> str:
    """The position or time before which bodies are archived. Raises NothingAsked."""
    if (before is None) == (older_than_days is None):
        raise NothingAsked
    return before if before is not None else as_text(now() - round((older_than_days or 0) * DAY))
