"""What is said of an artifact's data in one row of a list."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.previews import glance, measure, preview, shown_as
from service.previews.glance import DATA_CHARS_MAX, IMAGE_CHARS_MAX, Measure
from service.previews.line import LINE_MAX
from service.previews.preview import Image, Json, Large, Link, Nothing, Progress, Table, Text

ROWS = [{"id": 1, "city": "Oslo"}, {"id": 2, "city": "Rome"}]
LINK = "[the report](https://example.com/reports/1.csv)"


@pytest.mark.parametrize(
    ("type", "data", "name"),
    [
        ("markdown", "# Sales", "markdown"),
        ("markdown", LINK, "link"),
        ("markdown", f"{LINK} and more", "markdown"),
        ("table", json.dumps(ROWS), "table"),
        ("progress", 61.0, "progress"),
        ("image", "https://example.com/a.png", "image"),
        ("result", {"rows": 3}, "json"),
        (None, "a text", "text"),
        (None, 42, "number"),
        (None, ROWS, "table"),
        (None, None, "json"),
        ("custom", "a text", "text"),
    ],
)
def test_what_has_no_type_of_the_sdk_is_shown_by_what_it_is(type: str | None, data: object, name: str) -> None:
    assert shown_as(type, json.dumps(data)) == name


@pytest.mark.parametrize(
    "table",
    [ROWS, {"id": [1, 2], "city": ["Oslo", "Rome"]}, json.dumps(ROWS), [{"id": 1}, {"city": "Rome"}]],
    ids=["objects", "columns", "a string", "columns that rows lack"],
)
def test_every_form_of_a_table_has_its_rows_and_columns(table: object) -> None:
    assert preview("table", json.dumps(table)) == Table(2, 2, ("id", "city"))


def test_a_list_of_lists_is_a_table() -> None:
    assert preview("table", "[[1, 2, 3], [4]]") == Table(2, 3, ("0", "1", "2"))


def test_a_table_with_nan_is_a_table() -> None:
    assert preview("table", json.dumps(json.dumps([{"score": float("nan")}]))) == Table(1, 1, ("score",))


def test_a_table_that_was_half_written_shows_what_there_is() -> None:
    assert preview("table", json.dumps('[{"id": 1}, {"id"')) == Text('[{"id": 1}, {"id"')


def test_a_progress_is_a_number() -> None:
    assert preview("progress", "61.0") == Progress(61.0)
    assert preview("progress", '"soon"') == Text("soon")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n\n# Sales **Report**\n\nRevenue of `$1,000`\n", "Sales Report: Revenue of $1,000"),
        ("    # Indented\n", "Indented"),
        ("- see [this](https://example.com)", "see this"),
        ("---\n***\nThe text", "The text"),
        ("snake_case_name * 2", "snake_case_name * 2"),
    ],
)
def test_of_markdown_the_first_line_is_shown_without_its_marks(text: str, line: str) -> None:
    assert preview("markdown", json.dumps(text)) == Text(line)


def test_a_long_line_is_cut() -> None:
    found = preview("markdown", json.dumps("word " * 1000))
    assert isinstance(found, Text)
    assert len(found.line) <= LINE_MAX
    assert found.line.endswith("…")


def test_a_link_says_where_it_leads() -> None:
    found = preview("markdown", json.dumps("[the report](https://anna:secret@example.com:8443/r.csv)"))
    assert found == Link("https://anna:secret@example.com:8443/r.csv", "the report", "example.com:8443")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "https://[", "/relative"])
def test_what_a_page_may_not_lead_to_is_only_text(url: str) -> None:
    assert isinstance(preview("markdown", json.dumps(f"[click]({url})")), Text)


def test_an_image_is_shown_by_its_url_unless_it_is_large() -> None:
    small, large = "data:image/png;base64,iVBORw0=", "data:image/png;base64," + "A" * IMAGE_CHARS_MAX
    assert preview("image", json.dumps(small)) == Image(small)
    assert preview("image", json.dumps(large)) == Large(len(large))
    assert preview("image", '"javascript:alert(1)"') == Text("javascript:alert(1)")


@pytest.mark.parametrize("data", ["null", '""', '"\\n  \\n"'])
def test_what_is_blank_says_that_it_is_nothing(data: str) -> None:
    assert preview("markdown", data) == Nothing()


def test_any_other_data_is_shown_as_it_was_written() -> None:
    assert preview(None, '{"a":  1.0,\n "b": [2]}') == Json('{"a": 1.0, "b": [2]}')


def test_what_is_too_large_says_its_size_and_is_not_looked_into() -> None:
    data = json.dumps("ä" * DATA_CHARS_MAX, ensure_ascii=False)
    assert preview("table", data) == Large(2 * DATA_CHARS_MAX + 2)


@pytest.mark.parametrize(
    ("type", "data", "expected"),
    [
        ("progress", "61.5", Measure("value", 61.5)),
        ("table", json.dumps(json.dumps(ROWS)), Measure("rows", 2)),
        ("markdown", '"four"', Measure("bytes", 6)),
        (None, "true", Measure("bytes", 4)),
        (None, "1" + "0" * 400, Measure("bytes", 401)),
    ],
)
def test_a_version_has_one_number(type: str | None, data: str, expected: Measure) -> None:
    assert measure(type, data) == expected


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(type=st.none() | st.sampled_from(["markdown", "table", "image", "progress", "link", "x"]), value=VALUES)
def test_whatever_was_published_has_a_preview(type: str | None, value: object) -> None:
    for data in (json.dumps(value), json.dumps(json.dumps(value)), json.dumps(json.dumps(value)[:-1])):
        assert glance(type, data).shown_as


def test_what_is_no_json_has_a_preview_too() -> None:
    assert preview("table", '{"half') == Large(6)
