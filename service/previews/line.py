"""One line of a text, for a row of a list."""

import re

LINE_MAX = 160
"""Characters of a line in a preview."""
_LOOKED_AT = 20 * LINE_MAX
"""Characters of a text from which its line is made."""

_HEADING = re.compile(r"#{1,6}\s+")
_MARKS = re.compile(r"^(?:>\s*|[-*+]\s+|\d+[.)]\s+|#{1,6}\s+)+")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|~~|`|\*)(?=\S)(.+?)(?<=\S)\1")
_RULE = re.compile(r"[-=*_`~|:\s]*")
"""A line that only draws something."""


def first_line(text: str) -> str:
    """What a Markdown text begins with, without its marks; behind a heading comes what is under it. "": it is blank."""
    beginning = text[:_LOOKED_AT]
    lines = [line.strip() for line in beginning.splitlines() if not _RULE.fullmatch(line)]
    if not lines:
        return ""
    is_heading = _HEADING.match(lines[0]) is not None
    return cut(": ".join(_plain(line).rstrip(":") for line in lines[: 1 + is_heading])) or cut(lines[0])


def one_line(text: str) -> str:
    """The beginning of any text, its white space folded."""
    return cut(" ".join(text[:_LOOKED_AT].split()))


def cut(text: str) -> str:
    return text if len(text) <= LINE_MAX else f"{text[: LINE_MAX - 1].rstrip()}…"


def _plain(line: str) -> str:
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", _MARKS.sub("", line[: 2 * LINE_MAX]))).strip()
