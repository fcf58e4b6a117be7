"""Steps from an old form of a body to the next. A step is never changed: what it reads was written once and for all.

Each has its frozen examples, before and after, in `tests/forms/KIND/VERSION.json`.
"""

from typing import Any

import msgspec

_decode, _encode = msgspec.json.decode, msgspec.json.Encoder().encode

UNSAID = {"tags": [], "run_count": 0, "paused": False}
"""What the first form of an observation had in a field of which nothing was known, unless it was null."""


def observation_2(body: str) -> str:
    """What is not known of a run, a flow or a deployment is left out. Before, half of a body said that."""
    return _encode(_known({name: each for name, each in _decode(body).items() if not _is_unsaid(name, each)})).decode()


def _is_unsaid(name: str, value: Any) -> bool:
    return name in UNSAID and value == UNSAID[name]


def _known(value: Any) -> Any:
    """An object without what is null, at any depth."""
    if isinstance(value, dict):
        return {name: _known(each) for name, each in value.items() if each is not None}
    return value
