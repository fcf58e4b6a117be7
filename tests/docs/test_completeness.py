"""Everything that can be set, called, met or said is in the docs; and what the docs name is there."""

import ast
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer

from events.catalog import KINDS
from events.errors import EventLogError
from events.stores.tables import HEADER, METADATA
from projections.filters import ArtifactFilter, CollectionFilter, Sort
from service.__main__ import app
from service.api.artifacts import IDEMPOTENCY_KEY
from service.api.exchange import POSITION, WAIT_POSITION
from service.errors import ANSWERS
from service.keys import Scope
from service.settings import Settings
from tests.docs.pages import DOCS, PAGES, REPOSITORY, name_of, prose, row_with, rows
from tests.openapi import DOCUMENT

CODE = [path for folder in ("events", "projections", "service") for path in (REPOSITORY / folder).rglob("*.py")]
SOURCES = [path for path in (REPOSITORY / "ui" / "src").rglob("*.ts*") if path.name != "schema.d.ts"]
"""Of the page."""
OF_TESTS = {"TEST_POSTGRES", "TEST_REDIS", "TEST_CHROMIUM", "SCREENSHOTS", "FAULT_ROUNDS", "FAULT_SEED"}
"""What the tests take from the environment."""
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


# settings


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_as_it_is(name: str) -> None:
    field = Settings.model_fields[name]
    default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default or "")
    shown = f"`{default}`" if default else ""
    assert f"| `DIGSITE_{name.upper()}` | {shown} | {field.description} |" in rows(DOCS / "settings.md")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_setting_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"\bDIGSITE_([A-Z_]+)\b", page.read_text())) - OF_TESTS
    assert named <= {name.upper() for name in Settings.model_fields}


# limits


def constants() -> list[tuple[str, int]]:
    """Every limit that is a constant of the code: its name ends in MAX."""
    found = []
    for path in CODE:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name.endswith("_MAX") and not name.startswith("_"):
                    found.append((name, eval(compile(ast.Expression(node.value), str(path), "eval"), {})))
    return found


@pytest.mark.parametrize(("name", "value"), constants())
def test_every_fixed_limit_is_documented_with_its_value(name: str, value: int) -> None:
    assert any(f"`{name}`" in row and f"{value:,}" in row for page in PAGES for row in rows(page))


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name.startswith("max_")])
def test_every_limit_that_can_be_set_is_documented_with_its_default(name: str) -> None:
    assert f"{Settings.model_fields[name].default:,}" in row_with(DOCS / "api.md", f"DIGSITE_{name.upper()}")


# the command line


def commands() -> list[tuple[str, Any]]:
    """Every command by what is typed for it."""
    group: Any = typer.main.get_command(app)
    found = [("digsite-server", group)]
    for name, command in group.commands.items():
        found.append((f"digsite-server {name}", command))
        found += [(f"digsite-server {name} {each}", sub) for each, sub in getattr(command, "commands", {}).items()]
    return found


@pytest.mark.parametrize(("typed", "command"), commands(), ids=[typed for typed, _ in commands()])
def test_every_command_has_its_section_with_all_its_options(typed: str, command: Any) -> None:
    arguments = "".join(f" {each.name.upper()}" for each in command.params if each.param_type_name == "argument")
    page = (DOCS / "commands.md").read_text()
    heading = re.search(rf"^#+ `{re.escape(typed + arguments)}`\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    assert heading is not None
    options = [flag for each in command.params if each.param_type_name == "option" for flag in each.opts]
    assert [flag for flag in options if f"| `{flag}`" not in heading[1]] == []


def test_every_option_is_documented_in_its_own_words() -> None:
    page = (DOCS / "commands.md").read_text()
    options = [each for _, command in commands() for each in command.params if each.param_type_name == "option"]
    assert [option.name for option in options if option.help.rstrip(".") not in page] == []


# events


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_event_is_documented(kind: Any) -> None:
    [row] = [row for row in rows(DOCS / "events.md") if row.startswith(f"| `{kind.name}` | ")]
    assert kind.meaning.split(". ")[0].rstrip(".") in row


@pytest.mark.parametrize("column", [column for column in HEADER if column != "log"])
def test_every_fact_of_the_header_is_documented(column: str) -> None:
    assert any(f"`{column}`" in row.split("|")[1] for row in rows(DOCS / "events.md"))


@pytest.mark.parametrize("table", METADATA.tables)
def test_every_table_is_documented(table: str) -> None:
    assert any(row.startswith(f"| `{table}` | ") for row in rows(DOCS / "log.md"))


# the API


def routes() -> list[tuple[str, str]]:
    paths = DOCUMENT["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


@pytest.mark.parametrize(("method", "path"), routes())
def test_every_route_is_documented(method: str, path: str) -> None:
    assert any(f"`{method} {path}`" in row for row in rows(DOCS / "api.md"))


def own_errors() -> list[str]:
    """The names of the errors that have Digsite's own shape, as `service.errors` makes them."""
    named = []
    for kind in ANSWERS:
        answer = ANSWERS[kind]
        if "problem" in answer.__code__.co_names:
            named.append(re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower())
    return named


@pytest.mark.parametrize("name", own_errors())
def test_every_error_of_our_own_is_documented(name: str) -> None:
    assert any(f"`{name}`" in row for row in rows(DOCS / "api.md"))


@pytest.mark.parametrize(
    "name",
    [
        *Sort,
        *Scope,
        *ArtifactFilter.model_fields,
        *CollectionFilter.model_fields,
        POSITION,
        WAIT_POSITION,
        IDEMPOTENCY_KEY,
    ],
)
def test_every_word_that_a_client_may_use_is_documented(name: str) -> None:
    assert any(f"`{name}" in (DOCS / page).read_text() for page in ("api.md", "operating.md"))


# the words


def glossary() -> list[str]:
    return [row.split("**")[1] for row in rows(DOCS / "glossary.md") if "**" in row]


def unused_words() -> list[str]:
    text = (DOCS / "glossary.md").read_text()
    return re.sub(r"\s+", " ", text.split("one above:")[1]).strip(" .\n").split(", ")


def test_the_glossary_is_in_order() -> None:
    assert glossary() == sorted(glossary())


@pytest.mark.parametrize("word", glossary())
def test_every_word_of_the_glossary_is_used(word: str) -> None:
    pattern = re.compile(word.replace(" ", "[ _]"), re.IGNORECASE)
    assert any(pattern.search(path.read_text()) for path in CODE + SOURCES)
    assert any(pattern.search(page.read_text()) for page in PAGES if page.name != "glossary.md")


@pytest.mark.parametrize("word", unused_words())
def test_no_second_word_is_used_for_the_same_thing(word: str) -> None:
    pattern = re.compile(rf"\b{word.replace(' ', '[ _]')}", re.IGNORECASE)
    others = [page for page in PAGES if page.name != "glossary.md"]
    assert [path.name for path in (*CODE, *others) if pattern.search(path.read_text())] == []


# the pages themselves


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(prose(page)) if not link.startswith("http") and not _leads(page, link)] == []


def _leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page if not path else page.parent / path
    return target.exists() and (not anchor or anchor in map(_anchor, HEADING.findall(target.read_text())))


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_relative_to(DOCS)], ids=name_of)
def test_the_index_leads_to_every_page(page: Path) -> None:
    assert page.name == "README.md" or f"({page.relative_to(DOCS)})" in (DOCS / "README.md").read_text()


@pytest.mark.parametrize("page", sorted((DOCS / "adr").glob("*.md")), ids=name_of)
def test_a_decision_says_why_what_and_what_follows(page: Path) -> None:
    number = page.name.split("-")[0]
    headings = HEADING.findall(page.read_text())
    assert headings[0].startswith(f"{number} ")
    assert headings[1:4] == ["Context", "Decision", "Consequences"]


def test_every_file_that_the_docs_say_to_touch_is_there() -> None:
    pages = [DOCS / "extending.md", REPOSITORY / "CONTRIBUTING.md"]
    named = {path for page in pages for path in re.findall(r"`([\w.-]+/[\w./-]*)`", prose(page))}
    assert len(named) > 20
    assert [path for path in sorted(named) if "NAME" not in path and not (REPOSITORY / path).exists()] == []


@pytest.mark.parametrize("name", ["log.svg", "streams.svg"])
def test_the_picture_is_drawn_and_told(name: str) -> None:
    picture = ElementTree.parse(DOCS / name).getroot()
    told = {child.tag.rsplit("}")[-1]: (child.text or "").strip() for child in picture}
    assert told["title"]
    assert told["desc"]


def test_every_error_of_the_log_is_in_its_tree() -> None:
    tree = (REPOSITORY / "events" / "errors.py").read_text().split('"""')[1]
    assert [kind.__name__ for kind in EventLogError.__subclasses__() if kind.__name__ not in tree] == []
