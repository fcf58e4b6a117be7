"""GitHub's dialect of Markdown, to HTML that nobody has looked at yet."""

import ctypes
import re
from threading import Lock
from typing import Any

from cmarkgfm import _cmark, cmark

EXTENSIONS = ("table", "autolink", "tagfilter", "strikethrough", "tasklist")
FOOTNOTES_MAX = 1000
"""References to footnotes in a document. With more they stay as they were written, each takes 300 bytes otherwise."""

_OPTIONS = cmark.Options.CMARK_OPT_UNSAFE
"""Raw HTML passes: what of it may stay is decided afterwards, in one place."""

_BOX = re.compile(r'<input type="checkbox" (checked="" )?disabled="" />')
_BACKREF = re.compile(r' ?<a href="#fnref-[^>]*>[^<]*(?:<sup class="footnote-ref">\d+</sup>)?</a>')
_HEADING = re.compile(r"(</?[hH])([1-5])(?=[\s/>])")

_one_at_a_time = Lock()
"""While it parses, the library changes tables that all of its parsers share."""

_free_tree: Any = ctypes.CDLL(_cmark.__file__).cmark_node_free
_free_text: Any = ctypes.CDLL(None).free
for _free in (_free_tree, _free_text):
    _free.argtypes, _free.restype = [ctypes.c_void_p], None

cmark.core_extensions_ensure_registered()


def html_of(text: str) -> str:
    """`text` as HTML. It is not safe to be shown.

    Headings are one level lower, because the page has one of its own above them. The boxes of a task list are
    characters, and footnotes have no way back: nothing that is let through can be jumped to.
    """
    html = _BACKREF.sub("", _parsed(text)).replace("<![CDATA[", "&lt;![CDATA[")
    html = _BOX.sub(lambda box: "☑" if box[1] else "☐", html)
    return _HEADING.sub(lambda heading: f"{heading[1]}{int(heading[2]) + 1}", html)


def _parsed(text: str) -> str:
    """As the library's own function does, which never frees the tree and the text: 70 times the size of a document."""
    has_footnotes = text.count("[^") <= FOOTNOTES_MAX
    options = _OPTIONS | (cmark.Options.CMARK_OPT_FOOTNOTES if has_footnotes else 0)
    parser = cmark.parser_new(options)
    try:
        for name in EXTENSIONS:
            cmark.parser_attach_syntax_extension(parser, cmark.find_syntax_extension(name))
        with _one_at_a_time:
            cmark.parser_feed(parser, text.encode(errors="replace").decode())  # half a surrogate pair is no text
            tree = cmark.parser_finish(parser)
        html = _cmark.lib.cmark_render_html(tree, options, cmark.parser_get_syntax_extensions(parser))
        try:
            return bytes(_cmark.ffi.string(html)).decode()
        finally:
            _free_text(_address(html))
            _free_tree(_address(tree))
    finally:
        cmark.parser_free(parser)


def _address(pointer: Any) -> int:
    return int(_cmark.ffi.cast("uintptr_t", pointer))
