"""Markdown that is indented as a whole: where it was written, its text stood inside of a program's function.

Four spaces make a block of code of each line, which nobody meant.
"""

import re
from textwrap import dedent

_CODE_FROM = 4
"""Columns from which on Markdown takes an indented line for code."""
_TAB = 4
_HEADING = re.compile(r"#{1,6}[ \t]", re.MULTILINE)
_CONTAINER = re.compile(r"[ \t]*([-*+>]|\d{1,9}[.)])")


def dedented(text: str) -> str | None:
    """The text without the indent that all of it has; None: it has none.

    Often its first line stands right behind the quotes, and has none. It is left out then, if a heading says that
    the rest is no code: `# Report`, and below it all else, indented.
    """
    whole = _without_indent(text)
    if whole is not None:
        return whole
    first, _, rest = text.partition("\n")
    below = _without_indent(rest)
    if below is None or not first.strip() or _CONTAINER.match(first):
        return None
    return f"{first}\n{below}" if _HEADING.match(first) or _HEADING.search(below) else None


def _without_indent(text: str) -> str | None:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or any(_columns(line) < _CODE_FROM for line in lines):
        return None
    return dedent(text.expandtabs(_TAB))


def _columns(line: str) -> int:
    line = line.expandtabs(_TAB)
    return len(line) - len(line.lstrip(" "))
