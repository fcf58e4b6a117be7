"""A follower of the documentation's pages."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.databases import postgres_database
from tests.docs.follower import UV, Follower


@pytest.fixture
def follower(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Follower]:
    _need("uv", UV)
    _need("curl", shutil.which("curl"))
    prefect: Callable[[], Path] = lambda: request.getfixturevalue("prefect_python")  # noqa: E731
    with ExitStack() as databases:
        follower = Follower(tmp_path, prefect, lambda: databases.enter_context(postgres_database()))
        try:
            yield follower
        finally:
            follower.stop()


def _need(name: str, path: str | None) -> None:
    """What the pages use and is not here: a skip, a failure in CI."""
    if path is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed here")
    assert path is not None, f"{name} is not installed here"
