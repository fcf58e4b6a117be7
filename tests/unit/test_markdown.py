"""Markdown is shown as its writer meant it."""

import resource
from pathlib import Path

import pytest

from service.markdown import Rendered, render
from service.markdown.github import FOOTNOTES_MAX, html_of
from service.markdown.nesting import FORMATTING_MAX, NESTING_MAX, is_nested_too_deep

REPORT = "# Report\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n"


def indented(text: str, by: str = "    ") -> str:
    return "".join(by + line if line.strip() else line for line in text.splitlines(keepends=True))


def test_it_is_githubs_dialect() -> None:
    html = render("| a |\n| :-: |\n| ~~b~~ |\n\nwww.example.com and more[^1]\n\n[^1]: Note").html
    assert '<th align="center">a</th>' in html
    assert "<del>b</del>" in html
    assert 'href="http://www.example.com"' in html
    assert "<p>Note</p>" in html


def test_a_task_list_has_boxes_that_are_no_fields() -> None:
    assert render("- [x] a\n- [ ] b").html == "<ul>\n<li>☑ a</li>\n<li>☐ b</li>\n</ul>\n"


def test_its_headings_stand_below_that_of_the_page() -> None:
    assert render("# a\n\n<h1>b</h1>\n\n###### c").html == "<h2>a</h2>\n<h2>b</h2>\n<h6>c</h6>\n"


def test_code_says_its_language_where_the_page_looks_for_it() -> None:
    assert render("```python title=x\na\n```").html == '<pre><code class="language-python">a\n</code></pre>\n'


@pytest.mark.parametrize("by", ["    ", "\t", "            "])
def test_what_is_indented_as_a_whole_is_put_right_and_said(by: str) -> None:
    assert render(indented(REPORT, by)) == Rendered(render(REPORT).html, dedented=True)


def test_so_is_a_report_whose_first_line_stands_behind_the_quotes() -> None:
    first, _, rest = REPORT.partition("\n")
    assert render(f"{first}\n{indented(rest)}    ").dedented
    assert "<table>" in render(f"{first}\n{indented(rest)}    ").html


def test_it_can_be_left_as_it_is() -> None:
    assert render(indented(REPORT), dedent=False).html.startswith("<pre><code># Report")


@pytest.mark.parametrize(
    "text", [REPORT, "", "   a", "- a\n    - b", "Run this:\n\n    make", "> a\n    # b", "a\n    b"]
)
def test_what_is_meant_to_be_indented_stays(text: str) -> None:
    assert not render(text).dedented


def test_half_a_character_is_no_fault() -> None:
    assert render("a \ud800 b").html == "<p>a ? b</p>\n"


@pytest.mark.parametrize("unit", [">", "<div>", "<b>", "<b a=1><i>", "<p><table><tr><td>", "<b>x</i>"])
def test_what_is_nested_without_end_is_shown_as_it_was_written(unit: str) -> None:
    text = unit * (NESTING_MAX * 2)
    html = render(text).html
    assert "as it was written" in html
    assert html.count("&lt;") + html.count("&gt;") >= text.count("<") + text.count(">")


@pytest.mark.parametrize("html", ["<p>a" * 999, "<li>a" * 999, "<b>a</b>" * 999, "<br>" * 999, "<!-- <b> -->" * 999])
def test_what_is_long_is_not_deep(html: str) -> None:
    assert not is_nested_too_deep(html)


@pytest.mark.parametrize("fake", ['<i a="</b>">', "<!-- </b> -->", "<i a='</b>'>", "<? </b>", "<i a = '</b>'>"])
def test_an_end_that_is_none_closes_nothing(fake: str) -> None:
    assert is_nested_too_deep(f"<b>{fake}" * (FORMATTING_MAX + 1))


@pytest.mark.parametrize(
    "unit", ["<!--", '<a "', "<a b='", "<!", "<a", "[^a]", "www.a.com)", "a@b", "</", "<p>", "*a "]
)
def test_time_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    assert render(unit * 50_000).html is not None


def test_very_many_footnotes_stay_as_they_were_written() -> None:
    assert "[^a][^a]" in html_of("[^a]" * (FOOTNOTES_MAX + 1) + "\n\n[^a]: A note.")


def test_what_was_rendered_leaves_nothing_in_memory() -> None:
    text = "# a\n\nsome *text* with a [link](http://example.com)\n\n" * 2_000
    html_of(text)
    before = resident_bytes()
    for _ in range(10):
        html_of(text)
    assert resident_bytes() - before < 100 * len(text)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
