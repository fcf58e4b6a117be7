"""Of Markdown that others wrote, nothing but what is on the list reaches a page, whatever they wrote."""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser

from service.markdown import render
from service.markdown.allowed import ALLOWED
from tests.payloads import PAYLOADS

ATTRIBUTES = {element.name: element.attributes for element in ALLOWED.elements}
NEVER = {"id", "name", "style", "srcset", "srcdoc", "target", "formaction", "background", "ping"}
SCAFFOLD = {"html", "head", "body"}
LANGUAGE = re.compile(r"language-\S+")


def faults(html: str) -> list[str]:
    """What a browser would find in `html` that must not be there."""
    found = []
    for node in LexborHTMLParser(html).root.traverse():  # type: ignore[union-attr]
        if node.tag in SCAFFOLD:
            continue
        if node.tag not in ATTRIBUTES:
            found.append(f"<{node.tag}>")
            continue
        for name, value in node.attributes.items():
            is_on_the_list = name in ATTRIBUTES[node.tag] and name not in NEVER and not name.startswith("on")
            if not is_on_the_list or not may_be(node.tag, name, value or ""):
                found.append(f"<{node.tag} {name}={value!r}>")
    return found


def may_be(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return LANGUAGE.fullmatch(value) is not None
    if name not in {"href", "src"}:
        return True
    read = re.sub(r"[\t\n\r]", "", value).strip("".join(map(chr, range(33)))).lower()
    scheme = re.match(r"[a-z][a-z0-9+.-]*:", read)
    image = tag == "img" and re.match(r"data:image/(png|jpeg|gif|webp)[;,]", read) is not None
    return scheme is None or scheme[0] in {"http:", "https:", "mailto:"} or image


def test_there_are_enough_payloads_and_no_two_alike() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) >= 200


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_no_payload_leaves_a_forbidden_element_attribute_or_address(payload: str) -> None:
    assert faults(render(payload).html) == []


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_nor_does_one_in_a_block_of_html_which_markdown_does_not_look_into(payload: str) -> None:
    assert faults(render(f"<div>{payload}\n</div>").html) == []


@pytest.mark.parametrize("payload", ["<p onclick=1>", "<script>", "<a href='java\tscript:1'>", "<p id=a>", "<svg>"])
def test_what_looks_for_faults_finds_them(payload: str) -> None:
    assert faults(payload) != []


def test_an_image_in_the_document_may_be_a_picture_and_nothing_else() -> None:
    assert 'src="data:image/png;base64,AAAA"' in render("![a](data:image/png;base64,AAAA)").html
    assert "src=" not in render("![a](data:image/svg+xml;base64,AAAA)").html
    assert "href=" not in render('<a href="data:image/png;base64,AAAA">a</a>').html


@pytest.mark.parametrize("root_path", ["", "/x"])
@pytest.mark.parametrize("path", ["/artifacts/key/a", "/artifacts?q=b#c"])
def test_what_leads_to_this_site_leads_below_its_root(path: str, root_path: str) -> None:
    html = render(f"[a]({path}) ![a]({path})", root_path=root_path).html
    assert addresses(html) == [f"{root_path}{path}"] * 2
    assert addresses(render(f"[a]({root_path}{path})", root_path=root_path).html) == [f"{root_path}{path}"]


@pytest.mark.parametrize("url", ["http://a.example/b", "//a.example/b", "/\\a.example/b", "mailto:a@b.example"])
def test_what_leads_elsewhere_stays_as_it_is(url: str) -> None:
    assert addresses(render(f"<a href='{url}'>a</a>", root_path="/x").html) == [url]


@pytest.mark.parametrize("url", ["b.html", "./b", "../b", "?page=2", "#b", "\\b", " b", ""])
def test_what_is_relative_to_a_document_leads_nowhere_and_is_still_said(url: str) -> None:
    html = render(f"<a href='{url}'>a</a><img src='{url}' alt=a>").html
    assert addresses(html) == []
    assert ">a</a>" in html
    assert 'alt="a"' in html


def addresses(html: str) -> list[str | None]:
    nodes = LexborHTMLParser(html).css("a[href], img[src]")
    return [node.attributes.get("href", node.attributes.get("src")) for node in nodes]


def test_a_remote_image_is_fetched_late_and_not_told_from_where() -> None:
    assert 'loading="lazy" referrerpolicy="no-referrer"' in sorted_attributes(
        render("<img loading=eager referrerpolicy=unsafe-url src='http://example.com/a.png'>").html
    )


def sorted_attributes(html: str) -> str:
    [image] = LexborHTMLParser(html).css("img")
    return " ".join(f'{name}="{value}"' for name, value in sorted(image.attributes.items()))


def test_a_link_gives_nothing_away_whatever_it_asks_for() -> None:
    assert render("<a href='http://example.com' rel=opener target=_blank>a</a>").html == (
        '<p><a href="http://example.com" rel="noopener noreferrer nofollow">a</a></p>\n'
    )
