"""Counts in words."""


def several(count: int, noun: str) -> str:
    """`1 row`, `3 rows`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def counted(noun: str, **counts: int) -> list[str]:
    """What is not nought: `3 rows added`, then only `1 changed`."""
    told: list[str] = []
    for done, count in counts.items():
        if count:
            what = "" if told else f" {noun}" if count == 1 else f" {noun}s"
            told.append(f"{count}{what} {done}")
    return told
