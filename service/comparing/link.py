"""What changed in a link: where it leads, and its text. Prefect's SDK publishes a link as Markdown, `[text](url)`."""

import re

from msgspec import Struct

_LINK = re.compile(r"\s*\[([^\[\]]*)\]\(\s*([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\s*\)\s*")


class Link(Struct, frozen=True):
    url: str
    text: str


class LinkDiff(Struct, frozen=True, kw_only=True):
    before: Link
    after: Link
    url_changed: bool
    text_changed: bool

    @property
    def is_empty(self) -> bool:
        return not self.url_changed and not self.text_changed

    def summary(self) -> str:
        changed = ["url"] * self.url_changed + ["text"] * self.text_changed
        return f"{' and '.join(changed)} changed"


def link_of(text: str) -> Link | None:
    """The link that a text is, and nothing else; None: it is none."""
    found = _LINK.fullmatch(text)
    return None if found is None else Link(found[2], found[1])


def compare_links(before: Link, after: Link) -> LinkDiff:
    return LinkDiff(
        before=before, after=after, url_changed=before.url != after.url, text_changed=before.text != after.text
    )
