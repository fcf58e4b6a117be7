"""Renderings: Markdown that was published, as HTML that is safe to be shown. The newest are remembered by content.

Nobody is answered from memory who could not read the content itself: it is read first, and its hash leads to the HTML.
"""

from hashlib import sha256

import msgspec
from msgspec import Struct

from projections.artifacts import Artifact
from service.contents import Content
from service.json_text import is_string
from service.markdown import Rendered, render
from service.remembered import Remembered
from service.takeaways.markdown import as_markdown
from service.workers import Workers

FIRST_PART_CHARS_MAX = 1024 * 1024
"""Characters of a document that are rendered, unless the whole is asked for."""
RENDERINGS_REMEMBERED_MAX = 100
"""Documents whose HTML is remembered."""
REMEMBERED_CHARS_MAX = 256 * 1024
"""Characters of HTML that is remembered; a longer one is made each time."""
REMEMBERED_S = 600.0
"""How long it is."""

_text = msgspec.json.Decoder(str).decode


class Document(Struct, frozen=True):
    """What a page shows of Markdown."""

    html: str
    dedented: bool
    """It was indented as a whole, and is not any more."""
    is_whole: bool
    bytes: int
    """Of the Markdown, all of it."""


class Renderings:
    def __init__(self, workers: Workers, root_path: str) -> None:
        self._workers = workers
        self._root_path = root_path
        self._remembered: Remembered[bytes, Rendered] = Remembered(RENDERINGS_REMEMBERED_MAX, REMEMBERED_S)
        self._forgotten = 0

    def forget(self) -> None:
        """Something was erased: what is remembered may be of that."""
        self._forgotten += 1
        self._remembered.clear()

    async def of(self, text: str, *, whole: bool, dedent: bool) -> Document:
        """Raises TooMuchWork."""
        shown = text if whole else first_part(text)
        key = sha256(f"{dedent} {shown}".encode(errors="surrogatepass")).digest()
        rendered = self._remembered.get(key)
        if rendered is None:
            forgotten = self._forgotten
            async with self._workers.turn():
                rendered = await self._workers.run(lambda: render(shown, dedent=dedent, root_path=self._root_path))
            if len(rendered.html) <= REMEMBERED_CHARS_MAX and forgotten == self._forgotten:
                self._remembered.put(key, rendered)
        return Document(rendered.html, rendered.dedented, len(shown) == len(text), len(text.encode()))


def first_part(text: str) -> str:
    """A text up to the limit, in whole lines if there are any."""
    if len(text) <= FIRST_PART_CHARS_MAX:
        return text
    part = text[:FIRST_PART_CHARS_MAX]
    lines, end, _ = part.rpartition("\n")
    return lines + end or part


def markdown_of(part: str, row: Artifact, content: Content) -> str:
    """The Markdown of a part of an artifact, `data` or `description`. Raises BodyGone, BodyNotFound."""
    data = content.there() if part == "data" else content.description
    if is_string(data):
        return _text(data)
    return "" if data == "null" else as_markdown(row.type, data)
