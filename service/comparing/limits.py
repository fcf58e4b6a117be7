"""Contents that are too large to compare."""

COMPARED_CHARS_MAX = 64 * 1024 * 1024
"""Data of both sides together."""
CELLS_MAX = 10_000_000
"""Rows times columns of one table."""


class TooLargeToCompare(Exception):
    """Comparing this would take longer than a request may."""

    def __init__(self, what: str, size: int, largest: int) -> None:
        super().__init__(f"The data has {size:,} {what}; what is compared has at most {largest:,}. Read both instead.")
        self.what, self.size, self.largest = what, size, largest


def check_size(what: str, size: int, largest: int) -> None:
    """Raises TooLargeToCompare."""
    if size > largest:
        raise TooLargeToCompare(what, size, largest)
