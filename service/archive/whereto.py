"""What the command line asks of the archive: where to, and up to when."""

from pathlib import Path

from events.clock import as_text, now

DAY = 86_400 * 1_000_000


class NothingAsked(Exception):
    def __init__(self) -> None:
        super().__init__("Say where to (--to), and either --before or --older-than; or --restore.")


def asked_of(to: str | None, before: str | None, older_than_days: float | None) -> tuple[str, str]:
    """The URL, a path made absolute, and the position or time before which bodies are archived. Raises NothingAsked."""
    if to is None or (before is None) == (older_than_days is None):
        raise NothingAsked
    whereto = to if "://" in to else str(Path(to).expanduser().absolute())
    return whereto, before if before is not None else as_text(now() - round((older_than_days or 0) * DAY))
