"""What the pages say in words and no block can show."""

import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from service.app import create_app, opened
from service.keys import Scope
from service.settings import Settings, load_settings
from tests.keys import create_key, revoke_key


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a file of settings."""
    monkeypatch.setenv("DIGSITE_HOME", str(tmp_path))
    (tmp_path / "digsite.env").write_text("DIGSITE_PORT=1\nDIGSITE_MAX_PAGE=2\n")
    return tmp_path


def test_settings_are_read_from_the_file_in_the_home_folder(home: Path) -> None:
    assert (load_settings().port, load_settings().max_page) == (1, 2)


def test_the_environment_wins_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGSITE_PORT", "3")
    assert (load_settings().port, load_settings().max_page) == (3, 2)


def test_an_option_wins_over_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGSITE_PORT", "3")
    assert (load_settings(port=4).port, load_settings(port=4).max_page) == (4, 2)


@pytest.mark.parametrize(
    ("setting", "options"),
    [
        ({"DIGSITE_PORT": "high"}, []),
        ({"DIGSITE_LOG_LEVEL": "loud"}, []),
        ({"DIGSITE_DATABASE_URL": "mysql://localhost/digsite"}, []),
        ({}, ["--port", "99999"]),
    ],
)
def test_a_value_that_is_not_allowed_ends_the_start_with_a_line(
    setting: dict[str, str], options: list[str], tmp_path: Path
) -> None:
    command = [sys.executable, "-P", "-m", "service", *options]
    environment = {**os.environ, "DIGSITE_HOME": str(tmp_path), **setting}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith(f"Error: {next(iter(setting), 'DIGSITE_PORT')}: ")


async def test_to_revoke_the_last_key_opens_nothing_again(tmp_path: Path) -> None:
    async with opened(Settings(home=tmp_path)) as parts:
        await create_key(parts.store, "ann", Scope.WRITE)
        await revoke_key(parts.store, "ann")
        transport = httpx2.ASGITransport(create_app(parts))
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api") as api:
            assert (await api.post("/artifacts/filter")).status_code == 401
