"""A number in a text, found again in each state by the words before it."""

import re
from functools import cached_property

from msgspec import Struct

from service.comparing.content import Content
from service.measures.reading import first_number

_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_MARKS = re.compile(r"[*_`~|#>\s]+")
"""What Markdown has around words: the page that shows them does not."""


class Number(Struct, frozen=True, dict=True):
    """The first number behind `text` in the first line that has both."""

    text: str

    def __call__(self, content: Content | None) -> float | None:
        """None: no line has them."""
        if content is None or content.kind != "text" or not isinstance(content.value, str):
            return None
        return next((found for line in content.value.splitlines() if (found := self._in(line)) is not None), None)

    def _in(self, line: str) -> float | None:
        words = _words(line)
        at = words.find(self._words)
        return None if at < 0 else first_number(words, at + len(self._words))

    @cached_property
    def _words(self) -> str:
        return _words(self.text)


def _words(text: str) -> str:
    """A text without what Markdown adds to it, its white space folded."""
    return _MARKS.sub(" ", _LINK.sub(r"\1", text)).strip()
