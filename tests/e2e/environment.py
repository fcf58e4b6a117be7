"""The environment of the real Prefect client: made once, then found in the cache."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from tests.once import alone

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
TIMEOUT_S = 90
"""Less than a test may take. What was downloaded by then is kept by uv: the next attempt goes on from there."""


class NotMade(Exception):
    """The environment could not be made, and why."""


def python(cache: Path) -> Path:
    """The interpreter of the environment, which is made below `cache` unless it is there. Raises NotMade."""
    made = cache / _identity()
    with alone(made):
        if not made.exists():
            _make(made)
    return made / "bin" / "python"


def _identity() -> str:
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    return f"{sys.implementation.cache_tag}-{pins}"


def _make(made: Path) -> None:
    """Make it aside, then move it into its place: nobody meets half of it."""
    aside = made.with_name(f"{made.name}-{uuid.uuid4().hex[:8]}")
    try:
        _uv("venv", "--python", sys.executable, str(aside))
        _uv("pip", "install", "--python", str(aside), "--no-deps", "--compile-bytecode", "-r", str(REQUIREMENTS))
        aside.rename(made)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _uv(*arguments: str) -> None:
    """Run uv outside of this project, whose own constraints do not hold here."""
    found = shutil.which("uv")
    uv = [found] if found else [sys.executable, "-m", "uv"]
    command = [*uv, "--quiet", "--directory", tempfile.gettempdir(), *arguments]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.CalledProcessError as error:
        raise NotMade(f"uv {arguments[0]} failed: {error.stderr.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise NotMade(f"uv {arguments[0]} took more than {TIMEOUT_S} s") from error
