"""What the pages show, done: every block that says `bash` or `python`, from top to bottom, against a live server."""

from pathlib import Path

import pytest

from tests.docs.follower import Follower
from tests.docs.pages import DOCS, EXECUTABLE, PAGES, REPOSITORY, blocks, name_of

LANGUAGES = (*EXECUTABLE, "console", "text")

SLOW = (DOCS / "beside-prefect.md",)
"""They start Prefect's server too."""
WITH_EXAMPLES = [
    pytest.param(page, marks=[pytest.mark.slow, pytest.mark.timeout(300)] if page in SLOW else [])
    for page in PAGES
    if any(block.language in EXECUTABLE for block in blocks(page))
]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=name_of)
def test_what_a_page_shows_works(page: Path, follower: Follower) -> None:
    for block in blocks(page):
        if block.language in EXECUTABLE:
            follower.follow(block)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_whether_it_is_executed(page: Path) -> None:
    assert [block.where for block in blocks(page) if block.language not in LANGUAGES] == []


def test_the_readme_begins_with_the_two_commands() -> None:
    commands = [block.text.strip() for block in blocks(REPOSITORY / "README.md") if block.language == "bash"]
    assert commands[:2] == ["pip install uv && uv run digsite-server", "pip install uv && uv run pytest"]


def test_the_readme_shows_what_the_server_says(follower: Follower) -> None:
    serve, shown = blocks(REPOSITORY / "README.md")[:2]
    said = follower.follow(serve)
    assert [line.split()[:1] for line in said.splitlines()] == [line.split()[:1] for line in shown.text.splitlines()]


def test_the_checks_run_all_tests_as_the_readme_says() -> None:
    all_of_them = "uv run pytest -m ''"
    for page in ("README.md", ".ci/run"):
        assert all_of_them in (REPOSITORY / page).read_text(), page
