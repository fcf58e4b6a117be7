"""What HTML may stay of what others wrote: an explicit list. What isn't on it is taken away, and its text stays.

The list is `allowed.json`, in the form that `Element.setHTML` takes. The page reads the very same file.
"""

import re
from functools import cache, partial
from importlib.resources import files

import msgspec
import nh3


class Element(msgspec.Struct, frozen=True):
    name: str
    attributes: frozenset[str]


class Allowed(msgspec.Struct, frozen=True):
    elements: tuple[Element, ...]


ALLOWED = msgspec.json.decode(files(__package__).joinpath("allowed.json").read_bytes(), type=Allowed)
LINK_SCHEMES = frozenset({"http", "https", "mailto"})
IMAGE_SCHEMES = frozenset({"http", "https"})
REL = "noopener noreferrer nofollow"
ON_IMAGES = {"loading": "lazy", "referrerpolicy": "no-referrer"}
"""A remote image is fetched when it is looked at, and is not told from where."""

_IGNORED_IN_URLS = str.maketrans("", "", "\t\n\r")
_AROUND_URLS = "".join(map(chr, range(0x21)))
_ELSEWHERE = ("//", "/\\")
"""How an address of another host begins. Browsers take the second for the first."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_INLINE_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp)(;base64)?,", re.IGNORECASE)
_LANGUAGE = re.compile(r"language-[\w+#.-]{1,40}")
_ALIGN = re.compile(r"left|center|right", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,4}")
_LENGTH = re.compile(r"\d{1,4}%?")
_VALUES = {
    "align": _ALIGN,
    "class": _LANGUAGE,
    "colspan": _NUMBER,
    "height": _LENGTH,
    "rowspan": _NUMBER,
    "start": re.compile(r"\d{1,9}"),
    "width": _LENGTH,
}


def cleaned(html: str, root_path: str = "") -> str:
    """Of `html` what is on the list. What it says of this site, whose root is at `root_path`, leads there."""
    return _cleaner(root_path).clean(html)


def _value(root_path: str, element: str, name: str, value: str) -> str | None:
    """The value as it may stay; None: the attribute goes."""
    if name in ("href", "src"):
        url = _as_read(value)
        if _SCHEME.match(url) is None:
            return _below(root_path, url)
        return value if (_may_be_linked if name == "href" else _may_be_shown)(url) else None
    allowed = _VALUES.get(name)
    return value if allowed is None or allowed.fullmatch(value) else None


def _below(root_path: str, url: str) -> str | None:
    """A place on this site, or on another one if it begins with two slashes; None: a document has no place here that
    the rest could be relative to, and no names to jump to."""
    if not url.startswith("/"):
        return None
    return url if url.startswith((*_ELSEWHERE, f"{root_path}/")) else root_path + url


def _may_be_linked(url: str) -> bool:
    return _scheme(url) in LINK_SCHEMES


def _may_be_shown(url: str) -> bool:
    return _scheme(url) in IMAGE_SCHEMES or _INLINE_IMAGE.match(url) is not None


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()


def _as_read(url: str) -> str:
    """As a browser reads it: some characters do not count."""
    return url.translate(_IGNORED_IN_URLS).strip(_AROUND_URLS)


@cache
def _cleaner(root_path: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags={element.name for element in ALLOWED.elements},
        attributes={element.name: set(element.attributes - {"rel", *ON_IMAGES}) for element in ALLOWED.elements}
        | {"*": set()},
        attribute_filter=partial(_value, root_path),
        url_schemes=set(LINK_SCHEMES | IMAGE_SCHEMES | {"data"}),
        set_tag_attribute_values={"img": ON_IMAGES},
        link_rel=REL,
    )
