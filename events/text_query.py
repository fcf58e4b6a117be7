"""A text query: words that must, must not, or may occur, in the form of Prefect's event search."""

import re

from msgspec import Struct

_TERM = re.compile(r'(?P<sign>[-!+]?+)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"?|(?P<word>(?:[^\s"\\]|\\.)+))')


class TextQuery(Struct, frozen=True):
    """Terms in lower case. One of `any_of` must occur, if there are some; all of `all_of`; none of `none_of`."""

    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def holds(self, text: str) -> bool:
        """Whether it holds for a text in lower case."""
        return (
            (not self.any_of or any(term in text for term in self.any_of))
            and all(term in text for term in self.all_of)
            and not any(term in text for term in self.none_of)
        )


def parse(query: str) -> TextQuery:
    """Every text is a query: what is not closed ends with it, a sign without a word is nothing."""
    terms: dict[str, list[str]] = {"": [], "+": [], "-": []}
    for found in _TERM.finditer(query):
        term = found["phrase"] if found["phrase"] is not None else found["word"]
        plain = re.sub(r"\\(.)", r"\1", term).lower()
        if plain:
            terms[found["sign"].replace("!", "-")].append(plain)
    return TextQuery(tuple(terms[""]), tuple(terms["+"]), tuple(terms["-"]))
