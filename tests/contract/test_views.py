"""The page's own addresses, asked by programs: the very view in Markdown, CSV or JSON."""

import csv
import io

import httpx2
import pytest

from service.keys import Scope
from service.page.views import view_of
from service.parts import Parts
from tests.contract.calls import changed, created, deleted
from tests.keys import create_key


async def viewed(api: httpx2.AsyncClient, path: str, accept: str) -> httpx2.Response:
    return await api.get(f"http://digsite{path}", headers={"Accept": accept})


async def test_a_version_answers_in_the_form_that_is_asked_for(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="stock", type="table", data=[{"a": 1.5}])
    path = f"/artifacts/artifact/{made['id']}"
    assert (await viewed(api, path, "text/csv")).text == "a\r\n1.5\r\n"
    assert (await viewed(api, path, "text/markdown")).text.startswith("| a |\n")
    assert (await viewed(api, path, "application/json")).text == '[{"a":1.5}]'


async def test_a_version_answers_as_it_was(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="stock", type="markdown", data="before")
    await changed(api, made, data="after")
    assert (await viewed(api, f"/artifacts/artifact/{made['id']}?at=1", "text/markdown")).text == "before"


async def test_a_key_answers_with_what_it_says_and_its_versions(api: httpx2.AsyncClient) -> None:
    made = [await created(api, key="stock", type="markdown", data=text) for text in ("one\n", "one\ntwo\n")]
    await deleted(api, made[0])
    response = await viewed(api, "/artifacts/key/stock", "text/markdown")
    assert response.headers["content-type"].startswith("text/markdown")
    heading = "## Versions\n\n| version | when | what changed | by | run | position | id |\n"
    assert response.text.startswith(f"# stock\n\none\ntwo\n\n{heading}")
    assert "| v1, deleted |" in response.text
    rows = list(csv.DictReader(io.StringIO((await viewed(api, "/artifacts/key/stock", "text/csv")).text)))
    assert [(row["number"], row["id"]) for row in rows] == [("2", made[1]["id"])]


async def test_a_key_answers_as_it_was(api: httpx2.AsyncClient) -> None:
    for data in (10, 20):
        await created(api, key="stock", type="progress", data=data, description="Of **all**")
    text = (await viewed(api, "/artifacts/key/stock?at=2", "text/markdown")).text
    assert text.startswith("# stock\n\nOf **all**\n\n10%\n\n## Versions\n")
    assert "| v2" not in text


async def test_a_deleted_key_says_so_in_the_place_of_its_content(api: httpx2.AsyncClient) -> None:
    await deleted(api, await created(api, key="stock", type="markdown", data="was"))
    text = (await viewed(api, "/artifacts/key/stock", "text/markdown")).text
    assert text.startswith("# stock\n\nDeleted by anonymous, ")
    assert "| v1, deleted |" in text


async def test_a_list_answers_with_its_filters(api: httpx2.AsyncClient) -> None:
    await created(api, key="a-report", type="markdown", data="# |Revenue|")
    await created(api, key="a-progress", type="progress", data=61)
    text = (await viewed(api, "/artifacts?type=progress", "text/markdown")).text
    assert text.startswith("# Artifacts\n\n1 of 1, at position 4.\n\n")
    assert "| a-progress | 61% |" in text
    assert "a-report" not in text
    rows = csv.DictReader(io.StringIO((await viewed(api, "/artifacts?q=report&sort=key", "text/csv")).text))
    assert [row["key"] for row in rows] == ["a-report"]


async def test_who_may_not_read_is_refused(parts: Parts, api: httpx2.AsyncClient) -> None:
    token = await create_key(parts.store, "ann", Scope.READ)
    parts.access.forget_keys()
    assert (await viewed(api, "/artifacts", "text/csv")).status_code == 401
    headers = {"Accept": "text/markdown", "Authorization": f"Bearer {token}"}
    assert (await api.get("http://digsite/artifacts", headers=headers)).status_code == 200


async def test_what_is_not_there_is_refused_in_words(api: httpx2.AsyncClient) -> None:
    response = await viewed(api, "/artifacts/key/nobody", "text/markdown")
    assert response.status_code == 404
    assert response.json()["detail"] == "Nothing was published under the key 'nobody'."


@pytest.mark.parametrize(
    "accept", ["", "*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html, text/csv"]
)
def test_a_browser_gets_the_page(accept: str) -> None:
    assert view_of("/artifacts", "", accept) is None


@pytest.mark.parametrize("path", ["/", "/log", "/artifacts/key/No!", "/artifacts/artifact/x", "/api/artifacts"])
def test_pages_without_another_form_are_pages(path: str) -> None:
    assert view_of(path, "", "text/csv") is None
