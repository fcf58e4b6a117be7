"""Markdown as HTML that is safe to be shown, and a key as one file."""

import re
from typing import Any

import httpx2
import pytest

from service import renderings
from service.parts import Parts
from service.takeaways.html_file import POLICY
from tests.contract.calls import answered, created, deleted
from tests.erasing import SECRET, erased


async def rendered(api: httpx2.AsyncClient, artifact: dict[str, Any], **query: Any) -> dict[str, Any]:
    path = f"/ui/artifacts/{artifact['id']}/rendered"
    return (await answered(api, "GET", path, params=query)).json()


async def file_of(api: httpx2.AsyncClient, key: str, **query: Any) -> str:
    return (await answered(api, "GET", f"/ui/keys/{key}/file", params=query)).text


async def test_markdown_becomes_html_of_which_nothing_runs(api: httpx2.AsyncClient) -> None:
    made = await created(api, type="markdown", data="# Hello\n\n**world** <script>alert(1)</script>")
    found = await rendered(api, made)
    assert "<h2>Hello</h2>" in found["html"]
    assert "<strong>world</strong>" in found["html"]
    assert "<script" not in found["html"]
    assert (found["is_whole"], found["dedented"], found["bytes"]) == (True, False, 44)


async def test_a_description_is_markdown_too(api: httpx2.AsyncClient) -> None:
    made = await created(api, data=1, description="so *nice*")
    assert "<em>nice</em>" in (await rendered(api, made, part="description"))["html"]
    assert (await rendered(api, await created(api), part="description"))["html"] == ""


async def test_what_is_indented_as_a_whole_is_put_right_unless_it_is_asked_for_as_it_is(
    api: httpx2.AsyncClient,
) -> None:
    made = await created(api, type="markdown", data="    # Hello\n\n    world")
    assert (await rendered(api, made))["dedented"]
    assert "<pre>" in (await rendered(api, made, dedent="false"))["html"]


async def test_of_a_large_document_the_first_part_is_shown(
    api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderings, "FIRST_PART_CHARS_MAX", 10)
    made = await created(api, type="markdown", data="one\n\ntwo\n\nthree\n")
    first = await rendered(api, made)
    assert (first["is_whole"], "two" in first["html"], "three" in first["html"]) == (False, True, False)
    whole = await rendered(api, made, whole="true")
    assert (whole["is_whole"], "three" in whole["html"]) == (True, True)


async def test_what_the_client_has_is_not_sent_again_until_it_is_erased(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="secret", type="markdown", data=SECRET)
    path = f"/ui/artifacts/{made['id']}/rendered"
    known = {"If-None-Match": (await answered(api, "GET", path)).headers["etag"]}
    assert (await api.get(path, headers=known)).status_code == 304
    await erased(api, key="secret")
    assert (await api.get(path, headers=known)).status_code == 410


async def test_what_another_version_rendered_is_sent_again(
    api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/ui/artifacts/{(await created(api, type='markdown', data='a'))['id']}/rendered"
    known = {"If-None-Match": (await answered(api, "GET", path)).headers["etag"]}
    monkeypatch.setattr("service.api.version.VERSION", "another")
    assert (await api.get(path, headers=known)).status_code == 200


async def test_an_erasure_empties_the_memory(parts: Parts, api: httpx2.AsyncClient) -> None:
    await rendered(api, await created(api, key="secret", type="markdown", data=SECRET))
    assert SECRET in repr(parts.readers.renderings._remembered.__dict__)
    await erased(api, key="secret")
    assert SECRET not in repr(parts.readers.renderings._remembered.__dict__)


@pytest.mark.parametrize("query", [{"part": "key"}, {"whole": "1"}])
async def test_only_parts_that_there_are_can_be_asked_for(api: httpx2.AsyncClient, query: dict[str, str]) -> None:
    made = await created(api, data="x")
    assert (await api.get(f"/ui/artifacts/{made['id']}/rendered", params=query)).status_code == 422


# a key as one file


async def test_the_file_of_a_key_needs_nothing_else(api: httpx2.AsyncClient) -> None:
    sent = {"key": "stock", "type": "markdown", "description": "*all* boxes"}
    await created(api, **sent, data="# 12 boxes\n\n![](https://x.org/a.png)<script>1</script>")
    await created(api, **sent, data="# 40 boxes <b onclick=x>now</b>")
    text = await file_of(api, "stock")
    assert "<h2>40 boxes <b>now</b></h2>" in text
    assert "<em>all</em>" in text
    assert re.findall(r"<script|<link|onclick|@import|url\(", text) == []
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in text
    assert "default-src 'none'" in POLICY


async def test_the_file_tells_all_versions(api: httpx2.AsyncClient) -> None:
    made = [await created(api, key="stock", type="progress", data=number) for number in (10, 20, 30)]
    await deleted(api, made[1])
    text = await file_of(api, "stock")
    assert 'value="30"' in text
    assert all(each["id"] in text for each in made)
    assert '<span class="gone">v2</span> deleted' in text
    assert 'value="20"' in await file_of(api, "stock", as_of=4)


async def test_the_file_is_kept_under_a_safe_name(api: httpx2.AsyncClient) -> None:
    await created(api, key="stock", data=1)
    headers = (await answered(api, "GET", "/ui/keys/stock/file")).headers
    assert headers["content-disposition"] == 'attachment; filename="stock-history.html"'
    assert headers["content-security-policy"].endswith("sandbox")


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        ("table", [{"<a>": "<i>"}], "<th>&lt;a&gt;</th></tr>\n<tr><td>&lt;i&gt;</td>"),
        ("table", "[{<", "<pre><code>[{&lt;</code></pre>"),
        ("markdown", "[x<y](https://x.org)", '<a href="https://x.org" rel="noopener noreferrer nofollow">x&lt;y</a>'),
        ("markdown", "[x](javascript:alert)", "<p>x</p>"),
        ("image", 'https://x.org/"><script>', "https://x.org/&quot;&gt;&lt;script&gt;</a>"),
        ("html", "<script>1</script>", "<pre><code>&lt;script&gt;1&lt;/script&gt;</code></pre>"),
        (None, {"a": "<b>"}, "<pre><code>{&quot;a&quot;:&quot;&lt;b&gt;&quot;}</code></pre>"),
        (None, None, "Published without data."),
    ],
)
async def test_every_type_has_its_place_in_the_file(
    api: httpx2.AsyncClient, type: str | None, value: Any, expected: str
) -> None:
    await created(api, key="any", type=type, data=value)
    assert expected in await file_of(api, "any")


async def test_erased_content_is_not_in_the_file(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="secret", type="markdown", data=SECRET)
    await created(api, key="secret", type="markdown", data="harmless")
    await erased(api, artifact=made["id"])
    text = await file_of(api, "secret")
    assert (SECRET in text, "harmless" in text, made["id"] in text) == (False, True, True)


async def test_a_key_that_nobody_knows_has_no_file(api: httpx2.AsyncClient) -> None:
    for key in ("nobody", "No Key!"):
        assert (await api.get(f"/ui/keys/{key}/file")).status_code == 404
