"""How deep HTML is nested. What is nested deeper than people write costs a parser far more than its size says."""

import re

NESTING_MAX = 100
"""Elements within each other in Markdown that is shown as a document."""
FORMATTING_MAX = 10
"""Of these, ones like `<b>`, which a parser opens anew in each block that follows, if they were not closed."""

_FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_ENDS_BY_ITSELF = frozenset(["dd", "dt", "li", "option", "p", "rp", "rt", "tbody", "td", "tfoot", "th", "thead", "tr"])
_MARKUP = re.compile(
    r"""
    <!--(?:-?>|.*?(?:--!?>|\Z))          # a comment
    |<[!?][^>]*+(?:>|\Z)                # what a browser takes for one
    |<(/?)([a-z][^\t\n\f\r\ />]*+)      # a tag
     (?:
       [\t\n\f\r\ /]*+[^\t\n\f\r\ />][^\t\n\f\r\ />=]*+
       (?:[\t\n\f\r\ ]*+=[\t\n\f\r\ ]*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\t\n\f\r\ >"'][^\t\n\f\r\ >]*+)?+)?+
     )*+
     [\t\n\f\r\ /]*+(?:>|\Z)
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""Reads tags as browsers do, and each character once."""


def is_nested_too_deep(html: str) -> bool:
    """Whether it may be. An element counts as open unless it's closed where it should be, so never less is counted."""
    still_open: list[str] = []
    formatting = 0
    for markup in _MARKUP.finditer(html):
        end, name = markup.group(1, 2)
        if name is None:
            continue
        name = name.lower()
        if name in _VOID:
            continue
        if end:
            at = len(still_open) - 1
            while at >= 0 and still_open[at] != name and still_open[at] in _ENDS_BY_ITSELF:
                at -= 1
            if at >= 0 and still_open[at] == name:
                del still_open[at:]
                formatting -= name in _FORMATTING
            continue
        if still_open and name in _ENDS_BY_ITSELF and still_open[-1] == name:
            continue
        still_open.append(name)
        formatting += name in _FORMATTING
        if len(still_open) > NESTING_MAX or formatting > FORMATTING_MAX:
            return True
    return False
