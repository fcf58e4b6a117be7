"""What changed between two contents: what is told of each kind, corner by corner."""

import json
from typing import Any

import pytest

from service.comparing.alignment import ALIGNED_PAIRS_MAX, align
from service.comparing.comparison import SUMMARY_CHARS_MAX, Comparison, Side, compare, summary
from service.comparing.limits import CELLS_MAX, COMPARED_CHARS_MAX, TooLargeToCompare
from service.comparing.row_key import KeyColumnNotFound
from service.comparing.text import WORDS_MAX

TEAM = [{"id": 1, "name": "Ann", "score": 3}, {"id": 2, "name": "Bob", "score": 5}]
DOT = "data:image/png;base64,iVBORw0KGgo="


def compared(before: Any, after: Any, type: str | None = "table", **options: Any) -> Any:
    return whole(before, after, type, **options).diff


def whole(before: Any, after: Any, type: str | None, type_before: str | None = None, **options: Any) -> Comparison:
    one, other = Side(json.dumps(before), type_before or type), Side(json.dumps(after), type)
    return compare(one, other, **{"limit": 100, **options})


def told(before: Any, after: Any, type: str | None) -> str:
    return summary(json.dumps(before), json.dumps(after), type)


# tables


def test_a_changed_cell_is_told_with_its_row_by_the_key_that_was_found() -> None:
    diff = compared(TEAM, [TEAM[0], {**TEAM[1], "score": 6}])
    assert (diff.key, diff.key_is, diff.changed, diff.changed_cells) == (("id",), "found", 1, 1)
    [row] = diff.changes.changed
    assert (row.key, row.before_row, row.after_row) == ({"id": 2}, 1, 1)
    assert [(cell.column, cell.before, cell.after) for cell in row.cells] == [("score", 5, 6)]


@pytest.mark.parametrize(
    "other",
    [
        {"id": [1, 2], "name": ["Ann", "Bob"], "score": [3, 5]},
        [{"score": 3, "name": "Ann", "id": 1}, {"score": 5.0, "name": "Bob", "id": 2}],
        json.dumps(TEAM, indent=2),
    ],
)
def test_the_same_table_in_another_form_has_not_changed(other: Any) -> None:
    assert compared(TEAM, other).is_empty


def test_rows_of_lists_are_compared_as_well() -> None:
    diff = compared([["Ann", 3], ["Bob", 5]], [["Ann", 3], ["Bob", 6], ["Cid"]])
    assert (diff.key, diff.added, diff.changed) == (("0",), 1, 1)
    assert diff.changes.added[0].values == {"0": "Cid", "1": None}


def test_a_string_with_nan_is_a_table_and_nan_is_null() -> None:
    assert compared('[{"id": 1, "x": NaN}]', [{"id": 1, "x": None}]).is_empty


def test_true_is_not_one() -> None:
    assert compared([{"id": 1, "x": True}], [{"id": 1, "x": 1}]).changed_cells == 1
    assert compared([{"id": 1, "x": [True]}], [{"id": 1, "x": [1]}]).changed_cells == 1


def test_a_cell_that_is_missing_is_null() -> None:
    assert compared([{"id": 1, "x": 2}, {"id": 2, "x": None}], [{"id": 1, "x": 2}, {"id": 2}]).is_empty


def test_a_new_column_is_told_as_one_and_changes_no_row() -> None:
    diff = compared(TEAM, [{**row, "lat": row["id"] / 2} for row in TEAM])
    assert (diff.added_columns, diff.changed) == (1, 0)
    assert diff.changes.added_columns[0].values == (0.5, 1.0)
    assert diff.summary() == "1 column added"


def test_nested_values_are_compared_by_what_they_hold() -> None:
    before, after = [{"id": 1, "x": {"a": [1], "b": 2}}], [{"id": 1, "x": {"b": 2.0, "a": [1]}}]
    assert compared(before, after).is_empty
    assert compared(before, [{"id": 1, "x": {"a": [2], "b": 2}}]).changed_cells == 1


def test_rows_with_the_same_key_are_told_apart_by_their_order() -> None:
    before = [{"team": "a", "n": 1}, {"team": "a", "n": 2}, {"team": "b", "n": 3}]
    diff = compared(before, [{"team": "a", "n": 1}, {"team": "b", "n": 4}], key=["team"])
    assert (diff.duplicates, diff.removed, diff.changed) == (1, 1, 1)
    assert diff.changes.removed[0].row == 1


def test_a_key_may_have_several_columns() -> None:
    before = [{"day": 1, "team": "a", "n": 1}, {"day": 1, "team": "b", "n": 1}]
    diff = compared(before, [{**before[1], "n": 2}, before[0]], key=["day", "team"])
    assert (diff.changed, diff.moved, diff.changes.changed[0].key) == (1, 1, {"day": 1, "team": "b"})


def test_a_column_of_measurements_is_no_key() -> None:
    assert compared([{"x": 0.5, "n": "a"}], [{"x": 0.5, "n": "b"}]).key == ()


def test_the_column_that_shares_most_values_is_the_key() -> None:
    before = [{"rank": place, "user": f"u{place}"} for place in range(5)]
    assert compared(before, [{**row, "rank": row["rank"] + 1} for row in before]).key == ("user",)


def test_a_key_that_is_not_in_both_tables_is_refused_with_the_columns_that_are() -> None:
    with pytest.raises(KeyColumnNotFound, match=r"'nome' is not in both tables. These are: id, name, score."):
        compared(TEAM, TEAM, key=["nome"])


def test_rows_without_a_key_are_matched_in_their_order() -> None:
    before = [["x", 1, 1], ["x", 1, 1], ["y", 2, 2]]
    diff = compared(before, [["x", 1, 1], ["x", 1, 9], ["y", 2, 2], ["z", 0, 0]])
    assert (diff.key, diff.key_is, diff.changed, diff.added, diff.removed) == ((), "none", 1, 1, 0)


def test_rows_without_a_key_of_which_little_stayed_are_others() -> None:
    diff = compared([["x", 1, 1], ["x", 1, 1]], [["y", 1, 2], ["x", 1, 1]])
    assert (diff.changed, diff.added, diff.removed) == (0, 1, 1)


def test_a_row_that_stands_elsewhere_has_moved() -> None:
    diff = compared([{"id": place} for place in (1, 2, 3)], [{"id": place} for place in (3, 1, 2)])
    assert (diff.moved, diff.added, diff.removed) == (1, 0, 0)
    assert diff.summary() == "1 row moved of 3"


def test_an_empty_table_gains_rows_and_no_columns() -> None:
    assert compared([], TEAM, key=["id"]).summary() == "2 rows added"


def test_what_is_not_shown_is_counted() -> None:
    diff = compared([{"id": each} for each in range(50)], [{"id": each} for each in range(25, 80)], limit=3)
    assert (diff.added, len(diff.changes.added), diff.removed, len(diff.changes.removed)) == (30, 3, 25, 3)


def test_a_table_that_would_fill_the_memory_is_refused() -> None:
    sparse = [{str(each): 1} for each in range(4000)]
    with pytest.raises(TooLargeToCompare, match=f"16,000,000 cells; what is compared has at most {CELLS_MAX:,}"):
        compared(sparse, sparse)


# texts


def test_lines_are_told_with_their_numbers_and_words() -> None:
    diff = compared("# Report\n\nall is well\n", "# Report\n\nall was well\nso far\n", "markdown")
    [hunk] = diff.changes
    assert (diff.added, diff.removed, hunk.before_line, hunk.after_line) == (2, 1, 3, 3)
    assert [(part.is_in, part.text) for part in hunk.words[:4]] == [
        ("both", "all "),
        ("before", "is"),
        ("after", "was"),
        ("both", " well"),
    ]


def test_an_end_of_line_is_part_of_its_line() -> None:
    assert compared("a\r\nb\n", "a\nb\n", "markdown").summary() == "+1 −1 lines"


def test_lines_that_repeat_are_aligned_within_a_budget() -> None:
    before = ["a", "b"] * 5_000
    alignment = align(before, ["b", "b", "a"] * 5_000)
    assert len(before) ** 2 > ALIGNED_PAIRS_MAX
    assert not alignment.is_fine


def test_words_of_a_long_place_are_not_compared() -> None:
    [hunk] = compared("a " * WORDS_MAX, "b " * WORDS_MAX, "markdown").changes
    assert hunk.words is None


# numbers, links, images, any JSON


def test_a_number_is_told_with_its_difference() -> None:
    assert compared(40, 55.0, "progress").delta == 15
    assert told(40, 55.0, "progress") == "40% → 55%"
    assert told(12, 13.5, None) == "12 → 13.5"


def test_the_link_that_the_sdk_makes_is_compared_as_a_link() -> None:
    diff = compared("[report](https://a.example/1)", "[report](https://a.example/2)", "markdown")
    assert (diff.before.url, diff.after.url, diff.text_changed) == ("https://a.example/1", "https://a.example/2", False)
    assert diff.summary() == "url changed"


def test_an_image_that_holds_itself_is_compared_by_what_it_holds() -> None:
    diff = compared(DOT, DOT.replace("png", "PNG"), "image")
    assert (diff.url_changed, diff.content_changed) == (True, False)
    assert diff.before.sha256 == diff.after.sha256
    assert compared(DOT, DOT.replace("Ggo=", "GgoB"), "image").content_changed


def test_of_an_image_elsewhere_only_the_url_is_known() -> None:
    diff = compared("https://a.example/1.png", "https://a.example/2.png", "image")
    assert (diff.url_changed, diff.content_changed, diff.before.sha256) == (True, None, None)


def test_anything_else_is_compared_by_paths() -> None:
    diff = compared({"a": {"b/c": 1}, "l": [1, 2, 3]}, {"a": {"b/c": 2}, "l": [2, 3, 4], "n": None}, None)
    assert [(each.kind, each.before_path or None, each.after_path or None) for each in diff.changes] == [
        ("changed", "/a/b~1c", "/a/b~1c"),
        ("removed", "/l/0", None),
        ("added", None, "/l/2"),
        ("added", None, "/n"),
    ]
    assert diff.summary() == "1 path changed, 2 added, 1 removed"


def test_contents_of_different_kinds_are_compared_as_json_and_it_is_said() -> None:
    found = whole(TEAM, {"rows": 2}, "table")
    assert (found.compared_as, found.diff.changed) == ("json", 1)
    assert found.note == "What was before is a table, what came after JSON. Compared as JSON."


def test_no_data_is_nothing() -> None:
    found = whole(None, "# Report\n", "markdown")
    assert found.note == "What was before is nothing, what came after a text. Compared as JSON."


def test_a_link_and_a_text_are_compared_as_texts() -> None:
    assert whole("[a](https://a.example)", "nothing\n", "markdown").compared_as == "text"


@pytest.mark.parametrize("depth", [60, 190])
def test_what_nests_deep_is_compared(depth: int) -> None:
    before, after = ('{"a":' * depth + text + "}" * depth for text in ("1", "2"))
    assert summary(before, after, None) == "1 path changed"
    assert summary(json.dumps(before), json.dumps(after), "table") == "1 path changed"


def test_a_string_that_nests_deeper_than_can_be_read_is_a_text() -> None:
    assert told("[" * 5_000, "[" * 4_999, "table") == "+1 −1 lines"


def test_numbers_beyond_all_bounds_do_no_harm() -> None:
    long = "9" * 6_000
    assert summary(long, f"-{long}", "progress") == "+1 −1 lines"
    assert summary("1e308", "-1e308", "progress") == "1 path changed"


# summaries


@pytest.mark.parametrize(
    ("before", "after", "type", "line"),
    [
        (TEAM, [{**TEAM[0], "score": 4}, TEAM[1], {"id": 3}, {"id": 4}], "table", "2 rows added, 1 changed of 2"),
        (TEAM, TEAM[1:], "table", "1 row removed of 2"),
        ("a\nb\n", "a\nc\nd\n", "markdown", "+2 −1 lines"),
        ("a\n", "a\nb\n", "markdown", "+1 line"),
        (TEAM, list(reversed(TEAM))[::-1], "table", "no change"),
        (None, 1, "progress", "1 path changed"),
    ],
)
def test_a_change_in_one_line(before: Any, after: Any, type: str, line: str) -> None:
    assert told(before, after, type) == line


@pytest.mark.parametrize(
    ("data", "type", "line"),
    [
        (TEAM, "table", "2 rows of 3 columns"),
        ("a\nb\n", "markdown", "2 lines"),
        ("a\nb", "markdown", "2 lines"),
        (40, "progress", "40%"),
        ({}, None, "JSON"),
    ],
)
def test_of_the_first_version_a_summary_says_how_much_there_is(data: Any, type: str | None, line: str) -> None:
    assert summary(None, json.dumps(data), type) == line


def test_of_what_is_large_a_summary_says_the_sizes() -> None:
    text = json.dumps("a" * SUMMARY_CHARS_MAX)
    assert summary(text, '"a"', "markdown") == "1,048,578 → 3 characters"


def test_more_than_can_be_compared_is_refused() -> None:
    side = Side('"' + "a" * (COMPARED_CHARS_MAX // 2) + '"', "markdown")
    with pytest.raises(TooLargeToCompare, match="characters"):
        compare(side, side, 0)
