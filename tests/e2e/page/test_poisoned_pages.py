"""What others published through the API does nothing on any page that shows it."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser

from service.markdown.github import html_of
from tests.e2e.page.poisoned import CLIENT, DOCUMENTS, NOON, event_id, poison, run_id
from tests.e2e.page.probed_tab import ProbedTab
from tests.e2e.page.site import Site
from tests.e2e.page.test_payloads import MAY_BE_FOUND
from tests.payloads import PAYLOADS

LINES = [payload.split("\n")[0][:30] for payload in PAYLOADS]
"""How each payload begins."""
AN_IMAGE = next(n for n, payload in enumerate(PAYLOADS) if payload.startswith('<img src="data:image/svg+xml'))
A_LINK = PAYLOADS.index("[a](javascript:__xss=1)")

PAGES = {
    "texts in a list": ("/artifacts?q=texts-", 230),
    "links in a list": ("/artifacts?q=links-", 230),
    "images in a list": ("/artifacts?q=images-", 230),
    "key": ("/artifacts/key/versions", 15),
    "version": ("/artifacts/artifact/{versions[7]}", 1),
    "raw": ("/artifacts/artifact/{documents[7]}?tab=raw", 1),
    "diff": ("/artifacts/artifact/{versions[7]}?tab=diff", 1),
    "blame": ("/artifacts/artifact/{tables[1]}?tab=blame", 50),
    "events of a version": ("/artifacts/artifact/{versions[7]}?tab=events", 1),
    "table": ("/artifacts/artifact/{tables[0]}", 230),
    "link": (f"/artifacts/artifact/{{links[{A_LINK}]}}", 1),
    "image": (f"/artifacts/artifact/{{images[{AN_IMAGE}]}}", 1),
    "comparison": ("/compare/versions/3..230", 2),
    "comparison of tables": ("/compare/table/1..2", 20),
    "runs": ("/runs", 40),
    "run": (f"/runs/flow-run/{run_id(20)}", 1),
    "events": ("/events", 220),
    "event": (f"/events/event/{NOON[:10]}/{event_id(0)}", 150),
    "nothing": (f"/nowhere/{CLIENT}", 1),
    "search": (f"/artifacts?q={CLIENT}&type={CLIENT}&sort={CLIENT}&at={CLIENT}", 1),
    "search of events": (f"/events?q={CLIENT}&kind={CLIENT}&key={CLIENT}&actor={CLIENT}", 1),
}
"""By what they show, each with how many payloads are to be read on it. Some show a part, or what changed."""

OF_OTHERS = re.compile(
    r"(iframe|object|embed|base|script|style|meta|link|frame|portal|animate|set|use|foreignobject|math|video|audio)\b"
    r"|\S+ (on|srcdoc|ping|formaction|slot|is$)",
    re.IGNORECASE,
)
"""Elements, and attributes of any element, that no page of ours has in its body."""
OURS = {"span", "span class"}
"""The page says so where an image cannot be shown."""
DOES_NOTHING = re.compile(r"https?:|mailto:|data:image/|(?![a-z][a-z0-9+.-]*:)", re.IGNORECASE)
"""An address of a link or an image."""

CLOSE = "</script></style></title></textarea>--></svg></math></select></template></table></form></object></a></b>"
"""What a document may have left open, so that the next one begins anew."""
MARKS = [f"¶{number}¶" for number in range(len(PAYLOADS))]


def joined(documents: list[str]) -> str:
    """One after the other, each with its mark."""
    return "\n".join(f"{html}{CLOSE}<p>{mark}</p>" for html, mark in zip(documents, MARKS, strict=True))


def shown(tab: ProbedTab, ids: dict[str, list[str]], html: str) -> dict[str, Any]:
    return tab.show(f"/artifacts/artifact/{ids['documents'][0]}", html, MARKS)


@pytest.fixture(scope="module")
def ids(site: Site) -> dict[str, list[str]]:
    return poison(site)


@pytest.fixture(scope="module", params=[True, False], ids=["as it is", "without the policy"])
def tab(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[ProbedTab]:
    tab = ProbedTab(browser, site, has_policy=request.param)
    with tab.window:
        yield tab


def assert_harmless(found: dict[str, Any], tab: ProbedTab) -> None:
    assert found["ran"] == 0
    assert [each for each in found["found"] if OF_OTHERS.match(each)] == []
    assert set(found["inDocuments"]) <= MAY_BE_FOUND | OURS
    assert [each for each in found["addresses"] if not DOES_NOTHING.match(each)] == []
    assert tab.left <= {"image"}, "where images may be from"
    assert len(tab.page.frames) == 1


@pytest.mark.parametrize(("path", "least"), PAGES.values(), ids=PAGES)
def test_a_page_shows_what_others_wrote_and_no_more(
    tab: ProbedTab, ids: dict[str, list[str]], path: str, least: int
) -> None:
    assert_harmless(tab.open(path.format(**ids), LINES, least), tab)


@pytest.fixture(scope="module")
def rendered(site: Site, ids: dict[str, list[str]]) -> str:
    """All documents as the server answers with them, and what describes them."""
    with httpx2.Client(base_url=site.server.url) as api:
        html = lambda id, part: api.get(f"/ui/artifacts/{id}/rendered", params={"part": part}).json()["html"]  # noqa: E731
        return joined([html(id, "data") + html(id, "description") for id in ids["documents"]])


def test_a_document_shows_what_is_left_of_what_others_wrote(
    tab: ProbedTab, ids: dict[str, list[str]], rendered: str
) -> None:
    assert_harmless(shown(tab, ids, rendered), tab)


RAW = joined([html if "http-equiv=refresh" not in html else "" for html in map(html_of, DOCUMENTS)])
"""What the server would answer with if it cleaned nothing, but for what leads elsewhere: no policy forbids that."""


def test_of_documents_that_nobody_cleaned_the_policy_lets_nothing_run(
    browser: Browser, site: Site, ids: dict[str, list[str]]
) -> None:
    tab = ProbedTab(browser, site, has_policy=True, has_sanitizer=False)
    with tab.window:
        assert shown(tab, ids, RAW)["ran"] == 0
    assert tab.left <= {"image", "other"}, "where images may be from, prefetched links may be"


def test_without_any_defence_documents_run(browser: Browser, site: Site, ids: dict[str, list[str]]) -> None:
    tab = ProbedTab(browser, site, has_policy=False, has_sanitizer=False)
    with tab.window:
        assert shown(tab, ids, RAW)["ran"] > 200


@pytest.mark.parametrize("key", ["versions", "table", f"documents-{A_LINK}"])
def test_a_key_that_leaves_as_a_file_does_nothing_either(
    tab: ProbedTab, site: Site, ids: dict[str, list[str]], key: str
) -> None:
    file = site.api.get(f"/ui/keys/{key}/file").text
    tab.page.route("**/taken-away.html", lambda route: route.fulfill(body=file, content_type="text/html"))
    tab.page.goto("/taken-away.html")
    assert_harmless(tab.found(), tab)
