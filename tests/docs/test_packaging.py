"""What is installed is what was tested, and our packages are ours alone."""

import re
import tomllib
from importlib.metadata import packages_distributions, version
from typing import Any

import pytest

from tests.docs.pages import REPOSITORY

PROJECT: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
NAMES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
DIRECT = [
    re.split(r"[\[<>=~ ]", requirement)[0]
    for requirement in PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
]
TESTED = dict(pin.split("==") for pin in PROJECT["tool"]["uv"]["constraint-dependencies"])


@pytest.mark.parametrize("name", NAMES)
def test_no_other_distribution_brings_a_package_of_our_name(name: str) -> None:
    """`events` is a plain word: of two distributions that bring it, the one installed last would win."""
    assert set(packages_distributions().get(name, [])) <= {"digsite-server"}


@pytest.mark.parametrize("name", DIRECT)
def test_every_direct_dependency_is_at_its_tested_version(name: str) -> None:
    assert version(name) == TESTED[name]


def test_the_pins_name_no_host() -> None:
    assert not [pin for pin in PROJECT["tool"]["uv"]["constraint-dependencies"] if "/" in pin or "@" in pin]
