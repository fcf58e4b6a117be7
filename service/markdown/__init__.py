"""Markdown that others wrote, as HTML that is safe to be shown."""

from html import escape

from msgspec import Struct

from service.markdown.allowed import cleaned
from service.markdown.github import html_of
from service.markdown.indent import dedented
from service.markdown.nesting import FORMATTING_MAX, NESTING_MAX, is_nested_too_deep


class Rendered(Struct, frozen=True):
    html: str
    dedented: bool
    """The text was indented as a whole, and isn't any more."""


def render(text: str, *, dedent: bool = True, root_path: str = "") -> Rendered:
    """`text` as a document. It takes about a tenth of a second per 100 KiB: not on the event loop.

    `dedent`: put right what is indented as a whole. `root_path`: where the root of this site is.
    """
    put_right = dedented(text) if dedent else None
    html = html_of(text if put_right is None else put_right)
    if is_nested_too_deep(html):
        return Rendered(_as_written(text), dedented=False)
    return Rendered(cleaned(html, root_path), dedented=put_right is not None)


def _as_written(text: str) -> str:
    why = (
        f"This is shown as it was written: its elements are nested more than {NESTING_MAX} deep, "
        f"or more than {FORMATTING_MAX} of them are left open."
    )
    return cleaned(f"<p><em>{why}</em></p><pre><code>{escape(text)}</code></pre>")
