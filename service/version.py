"""The version of this distribution."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("digsite-server")
    except PackageNotFoundError:
        return "0"


VERSION = _installed()
