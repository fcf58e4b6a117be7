"""The names of files that are taken along: letters, digits and dashes, whatever a key has in it."""

import re

NAME_CHARS_MAX = 100
"""Characters of a key in the name of a file."""

_UNSAFE = re.compile(r"[^a-z0-9-]+")


def file_name(key: str | None, what: str, suffix: str) -> str:
    """Of a version of a key: `daily-report-v3.md`. Of what has no key: `artifact-01a1fd50.md`."""
    name = _UNSAFE.sub("-", key or "")[:NAME_CHARS_MAX].strip("-")
    return f"{name or 'artifact'}-{what}.{suffix}"


def disposition(name: str, *, is_download: bool) -> str:
    """What the header Content-Disposition says."""
    return f'{"attachment" if is_download else "inline"}; filename="{name}"'
