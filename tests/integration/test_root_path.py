"""A proxy has the server at a path of its own, and may take that away from what it passes on, or not."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from service.app import create_app, opened
from service.settings import Settings

ROOT = "/digsite"


@pytest.fixture
async def below(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    settings.root_path = ROOT
    async with opened(settings) as parts:
        transport = httpx2.ASGITransport(create_app(parts))
        async with httpx2.AsyncClient(transport=transport, base_url="http://proxy") as client:
            yield client


@pytest.mark.parametrize("root", [ROOT, ""])
@pytest.mark.parametrize("path", ["/api/health", "/api/admin/version", "/api/openapi.json", "/artifacts"])
async def test_every_address_answers_either_way(below: httpx2.AsyncClient, root: str, path: str) -> None:
    assert (await below.get(root + path)).status_code == 200


async def test_what_only_begins_like_the_root_is_not_below_it(below: httpx2.AsyncClient) -> None:
    assert (await below.get(f"{ROOT}s/api/health")).text.startswith("<!doctype html>")


async def test_the_documentation_finds_its_files_below_the_root(below: httpx2.AsyncClient) -> None:
    page = (await below.get(f"{ROOT}/api/docs")).text
    assert f'"{ROOT}/api/openapi.json"' in page.replace("'", '"')
    assert (await below.get(f"{ROOT}/api/static-offline-docs/swagger-ui.css")).status_code == 200
