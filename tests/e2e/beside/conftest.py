"""A Prefect server, a Digsite in front of it, and Prefect's real client, whose API is Digsite's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.client import PrefectClient
from tests.prefects import Beside, beside

pytest.register_assert_rewrite("tests.e2e.beside.sides", "tests.e2e.beside.told")


@pytest.fixture(scope="package")
def beside_prefect(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """One pair for all of these tests: each has keys and names of its own."""
    home = tmp_path_factory.mktemp("beside")
    with beside(prefect_python, f"sqlite:///{home / 'digsite.db'}", home) as both:
        yield both


@pytest.fixture(scope="module")
def prefect(prefect_python: Path, beside_prefect: Beside, tmp_path_factory: pytest.TempPathFactory) -> PrefectClient:
    return PrefectClient(prefect_python, tmp_path_factory.mktemp("client"), beside_prefect.digsite.url)
