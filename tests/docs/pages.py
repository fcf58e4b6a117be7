"""The pages of the documentation, and the blocks in them."""

import re
from pathlib import Path

from msgspec import Struct

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
TOP = tuple(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))
PAGES = (*TOP, *sorted(DOCS.rglob("*.md")))

EXECUTABLE = ("bash", "python")

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| .* \|$", re.MULTILINE)


class Block(Struct, frozen=True):
    """A block of code, and where it stands."""

    where: str
    language: str
    text: str


def name_of(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, from top to bottom."""
    text = page.read_text()
    return [
        Block(f"{name_of(page)}:{text[: found.start()].count(chr(10)) + 1}", found[1], found[2])
        for found in _BLOCK.finditer(text)
    ]


def prose(page: Path) -> str:
    """A page without its blocks."""
    return _BLOCK.sub("", page.read_text())


def rows(page: Path) -> list[str]:
    """The rows of all tables of a page."""
    return _ROW.findall(prose(page))


def row_with(page: Path, name: str) -> str:
    """The row of a table that begins with a name in code type, or mentions it in a later cell."""
    found = [row for row in rows(page) if f"`{name}`" in row]
    assert found, f"{name_of(page)} has no row for {name}"
    return found[0]
