"""What a browser is told not to do with an answer."""

import httpx2
import pytest

from service.page.defence import API_POLICY, POLICY, docs_policy

ANSWERS = ["/artifacts/latest/nothing", "/nothing", "/health", "/openapi.json", "/metrics", "/artifacts/not-a-uuid"]


@pytest.mark.parametrize("path", ANSWERS)
async def test_an_answer_of_the_api_can_neither_run_nor_be_framed_nor_be_taken_for_something_else(
    api: httpx2.AsyncClient, path: str
) -> None:
    headers = (await api.get(path)).headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/artifacts", "/artifacts/key/any"])
async def test_a_page_runs_its_own_files_and_makes_no_script_of_a_text(api: httpx2.AsyncClient, path: str) -> None:
    answer = await api.get(f"http://digsite{path}")
    [policy] = answer.headers.get_list("content-security-policy")
    assert policy == POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "directive",
    ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "require-trusted-types-for 'script'"],
)
def test_the_pages_policy_has_what_everything_rests_on(directive: str) -> None:
    assert directive in POLICY.split("; ")
    assert "unsafe" not in POLICY + API_POLICY


async def test_the_documentation_runs_its_own_script_and_no_other(api: httpx2.AsyncClient) -> None:
    answer = await api.get("/docs")
    [policy] = answer.headers.get_list("content-security-policy")
    assert policy == docs_policy(answer.text)
    assert docs_policy(answer.text.replace("const ui", "alert(); const ui")) != policy
