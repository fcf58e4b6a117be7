"""What changed in an image: where it is, and what it holds, if its URL has that in itself: `data:image/png;base64,`."""

import binascii
import re
from base64 import b64decode
from hashlib import sha256
from urllib.parse import unquote_to_bytes

from msgspec import Struct

URL_SHOWN_MAX = 2_000
"""Characters of an image's URL in an answer. Of one that has the image in itself, the beginning is shown."""

_DATA_URL = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),", re.IGNORECASE)


class Image(Struct, frozen=True):
    url: str
    """As it may be shown."""
    sha256: str | None
    """Of what the image holds. None: only its URL is known here."""
    size_bytes: int | None


class ImageDiff(Struct, frozen=True, kw_only=True):
    before: Image
    after: Image
    url_changed: bool
    content_changed: bool | None
    """None: it cannot be said, because images elsewhere are not fetched."""

    @property
    def is_empty(self) -> bool:
        return not self.url_changed

    def summary(self) -> str:
        match self.content_changed:
            case True:
                return "another image"
            case False:
                return "the same image, written in another way"
            case None:
                return "url changed"


def image_of(url: str) -> Image:
    head = _DATA_URL.match(url)
    content = None if head is None else _content(url[head.end() :], is_base64=head[2].lower().endswith(";base64"))
    if head is None or content is None:
        return Image(url[:URL_SHOWN_MAX], None, None)
    return Image(head[0][:URL_SHOWN_MAX], sha256(content).hexdigest(), len(content))


def compare_images(before: str, after: str) -> ImageDiff:
    one, other = image_of(before), image_of(after)
    is_known = one.sha256 is not None and other.sha256 is not None
    content_changed = one.sha256 != other.sha256 if is_known else False if before == after else None
    return ImageDiff(before=one, after=other, url_changed=before != after, content_changed=content_changed)


def _content(text: str, *, is_base64: bool) -> bytes | None:
    if not is_base64:
        return unquote_to_bytes(text)
    try:
        return b64decode(unquote_to_bytes(text))
    except binascii.Error:
        return None
