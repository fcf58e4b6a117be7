"""What Digsite does not own is answered by a real Prefect server, as that server answers it."""

import pytest

from tests.contract.upstream.conftest import get, post
from tests.prefects import Beside


@pytest.mark.parametrize("path", ["/admin/version", "/version", "/admin/settings", "/block_types/slug/webhook"])
def test_an_answer_is_that_of_the_prefect_server(beside_prefect: Beside, path: str) -> None:
    direct, through = (get(api + path) for api in (beside_prefect.prefect.url, beside_prefect.digsite.url))
    assert (through.status_code, through.json()) == (direct.status_code, direct.json())


def test_what_is_written_through_digsite_is_in_the_prefect_server(beside_prefect: Beside) -> None:
    made = post(f"{beside_prefect.digsite.url}/flows/", {"name": "through-the-gateway"})
    read = get(f"{beside_prefect.prefect.url}/flows/name/through-the-gateway")
    assert (made.status_code, made.json()) == (201, read.json())


def test_an_artifact_is_digsites_own(beside_prefect: Beside) -> None:
    made = post(f"{beside_prefect.digsite.url}/artifacts/", {"key": "own", "data": 1}).json()
    assert get(f"{beside_prefect.digsite.url}/artifacts/{made['id']}").json() == made
    assert get(f"{beside_prefect.prefect.url}/artifacts/{made['id']}").status_code == 404


def test_a_redirect_of_the_prefect_server_leads_through_digsite(beside_prefect: Beside) -> None:
    answer = get(f"{beside_prefect.digsite.url}/block_capabilities")
    assert (answer.status_code, answer.headers["location"]) == (307, "/api/block_capabilities/")
