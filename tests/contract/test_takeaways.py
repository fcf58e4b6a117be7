"""What is taken along: the very bytes, and other forms of the same data."""

import csv
import io
import json
from typing import Any

import httpx2
import pytest

from tests.contract.calls import answered, created, deleted, post_text
from tests.erasing import erased

DATA = "/ui/artifacts/{}/data"


async def data(api: httpx2.AsyncClient, artifact: dict[str, Any], **query: Any) -> httpx2.Response:
    return await answered(api, "GET", DATA.format(artifact["id"]), params=query)


async def as_csv(api: httpx2.AsyncClient, value: Any) -> list[list[str]]:
    response = await data(api, await created(api, type="table", data=value), format="csv")
    return list(csv.reader(io.StringIO(response.text)))


@pytest.mark.parametrize("text", ['{"b":1.0,  "a":[1e2,12345678901234567890]}', "1.10", "null", "[ ]"])
async def test_json_leaves_to_the_letter(api: httpx2.AsyncClient, text: str) -> None:
    made = (await post_text(api, f'{{"data":{text}}}')).json()
    response = await data(api, made)
    assert (response.text, response.headers["content-type"]) == (text, "application/json")


@pytest.mark.parametrize(
    ("type", "media_type"),
    [("markdown", "text/markdown"), ("html", "text/plain"), (None, "text/plain"), ("table", "text/plain")],
)
async def test_a_string_leaves_as_its_text(api: httpx2.AsyncClient, type: str | None, media_type: str) -> None:
    text = '# "Fünf" \r\n<script>\0\t\N{PILE OF POO}'
    response = await data(api, await created(api, type=type, data=text))
    assert (response.content, response.headers["content-type"]) == (text.encode(), f"{media_type}; charset=utf-8")


async def test_no_browser_runs_what_was_published(api: httpx2.AsyncClient) -> None:
    headers = (await data(api, await created(api, type="html", data="<script>alert(1)</script>"))).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_a_download_has_the_name_of_its_version(api: httpx2.AsyncClient) -> None:
    await created(api, key="stock", data=1)
    made = await created(api, key="stock", type="table", data=[{"a": 1}])
    response = await data(api, made, format="csv", download="true")
    assert response.headers["content-disposition"] == 'attachment; filename="stock-v2.csv"'
    unnamed = await data(api, await created(api, type="markdown", data="x"))
    assert unnamed.headers["content-disposition"].startswith('inline; filename="artifact-')


@pytest.mark.parametrize(
    "value",
    [[{"a": 1, "b": "x"}, {"b": "y", "c": 2.5}], {"a": [1, None], "b": ["x", "y"], "c": [None, 2.5]}],
    ids=["list of objects", "object of lists"],
)
async def test_csv_equals_the_table_in_each_of_its_shapes(api: httpx2.AsyncClient, value: Any) -> None:
    expected = [["a", "b", "c"], ["1", "x", ""], ["", "y", "2.5"]]
    assert await as_csv(api, value) == expected
    assert await as_csv(api, json.dumps(value)) == expected


async def test_a_list_of_lists_has_no_names(api: httpx2.AsyncClient) -> None:
    assert await as_csv(api, [["a", "b"], [1]]) == [["a", "b"], ["1", ""]]


async def test_csv_keeps_numbers_and_nested_values_to_the_letter(api: httpx2.AsyncClient) -> None:
    rows = '[{"n": 1.10, "v": {"a": [1, "x"]}, "t": true}, {"n": NaN, "v": "say \\"hi\\",\\nnow"}]'
    assert await as_csv(api, rows) == [["n", "v", "t"], ["1.10", '{"a": [1, "x"]}', "true"], ["", 'say "hi",\nnow', ""]]


@pytest.mark.parametrize("text", ["=1+2", "+1+2", "-1+2", "@SUM(A1)", "\t=1", "\r=1", " =1", "=HYPERLINK(0)"])
async def test_csv_defuses_what_a_spreadsheet_would_compute(api: httpx2.AsyncClient, text: str) -> None:
    assert await as_csv(api, [{text: text}]) == [[f"'{text}"], [f"'{text}"]]


@pytest.mark.parametrize("value", [-5, "-5", "+3.2e-7", -1.5, "a=b"])
async def test_csv_leaves_numbers_and_texts_alone(api: httpx2.AsyncClient, value: Any) -> None:
    assert await as_csv(api, [{"a": value}]) == [["a"], [str(value)]]


async def test_what_is_no_table_is_no_csv(api: httpx2.AsyncClient) -> None:
    made = await created(api, type="table", data="[{]")
    response = await api.get(DATA.format(made["id"]), params={"format": "csv"})
    assert (response.status_code, response.json()["error"]) == (422, "no_sheet")


async def test_a_table_of_too_many_cells_is_refused(api: httpx2.AsyncClient) -> None:
    made = await created(api, type="table", data=[{str(row): row} for row in range(4_000)])
    response = await api.get(DATA.format(made["id"]), params={"format": "csv"})
    assert response.json()["detail"].startswith("This cannot be written as rows and columns: it has 16,000,000 cells")


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        ("markdown", "# Report", "# Report"),
        ("progress", 61.5, "61.5%"),
        ("image", "https://x.org/a b.png", "![](<https://x.org/a%20b.png>)"),
        ("table", [{"a|b": "*x*\ny"}, {"c": None}], "| a\\|b | c |\n| --- | --- |\n| \\*x\\*<br>y |  |\n|  |  |\n"),
        ("table", "[{]", "```json\n[{]\n```"),
        (None, "a ``` b", "````\na ``` b\n````"),
        (None, {"a": 1}, '```json\n{"a":1}\n```'),
        (None, None, "*Published without data.*"),
    ],
)
async def test_everything_can_be_said_in_markdown(
    api: httpx2.AsyncClient, type: str | None, value: Any, expected: str
) -> None:
    assert (await data(api, await created(api, type=type, data=value), format="markdown")).text == expected


async def test_what_was_deleted_can_still_be_taken_along(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="stock", data=1)
    await deleted(api, made)
    assert (await data(api, made)).text == "1"


async def test_what_was_erased_says_so(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="stock", data="a secret")
    etag = (await data(api, made)).headers["etag"]
    assert (await api.get(DATA.format(made["id"]), headers={"If-None-Match": etag})).status_code == 304
    await erased(api, key="stock")
    response = await api.get(DATA.format(made["id"]), headers={"If-None-Match": etag})
    assert (response.status_code, response.json()["facts"]["reason"]) == (410, "erased")


@pytest.mark.parametrize("query", [{"format": "xlsx"}, {"download": "yes"}])
async def test_only_what_there_is_can_be_asked_for(api: httpx2.AsyncClient, query: dict[str, str]) -> None:
    made = await created(api, data=1)
    assert (await api.get(DATA.format(made["id"]), params=query)).status_code == 422
