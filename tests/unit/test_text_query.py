"""What a text query means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.text_query import TextQuery, parse


@pytest.mark.parametrize(
    ("query", "means"),
    [
        ("", TextQuery()),
        ("Rows", TextQuery(any_of=("rows",))),
        ("a b", TextQuery(any_of=("a", "b"))),
        ("+a -b !c", TextQuery(all_of=("a",), none_of=("b", "c"))),
        ('"some words" +"of mine"', TextQuery(any_of=("some words",), all_of=("of mine",))),
        (r'"say \"hello\""', TextQuery(any_of=('say "hello"',))),
        (r"one\ word", TextQuery(any_of=("one word",))),
        (r"\-a \!b", TextQuery(any_of=("-a", "!b"))),
        ("a-b c+d e!", TextQuery(any_of=("a-b", "c+d", "e!"))),
        ("--a", TextQuery(none_of=("-a",))),
    ],
)
def test_what_a_query_asks_for(query: str, means: TextQuery) -> None:
    assert parse(query) == means


@pytest.mark.parametrize("query", ["-", "+", "!", "- ", '""', '-""', "\\", "  "])
def test_what_says_nothing_asks_for_nothing(query: str) -> None:
    assert parse(query) == TextQuery()


def test_a_phrase_that_is_not_closed_ends_with_the_query() -> None:
    assert parse('a "b c') == TextQuery(any_of=("a", "b c"))


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("sailed", True),
        ("port sailed", True),
        ("port", False),
        ("+ship port", False),
        ("ship -sailed", False),
        ("", True),
    ],
)
def test_whether_it_holds(query: str, holds: bool) -> None:
    assert parse(query).holds("the ship sailed") == holds


@given(st.text(alphabet=' \\"-+!aB', max_size=30))
def test_every_text_is_a_query(text: str) -> None:
    query = parse(text)
    assert all(term == term.lower() and term for term in (*query.any_of, *query.all_of, *query.none_of))
