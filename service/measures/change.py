"""How much a state changed: the lines, rows or items that it has not in common with the one before it.

It is the size of a change, not the change: what only moved has not changed. To say what did, states are compared.
"""

from collections import Counter
from collections.abc import Hashable, Iterable

from service.comparing.content import Content
from service.comparing.values import token


class Change:
    """Is told one state after the other."""

    def __init__(self) -> None:
        self._before: Content | None = None
        self._parts: Counter[Hashable] = Counter()

    def __call__(self, content: Content | None) -> float | None:
        """Of numbers the difference; of the first state all that there is. None: it cannot be said."""
        if content is None:
            return None
        before, parts_before = self._before, self._parts
        self._before, self._parts = content, Counter(_parts(content))
        if content.kind == "number" and (before is None or before.kind == "number"):
            return abs(float(content.value) - (0.0 if before is None else float(before.value)))
        return float(((self._parts - parts_before) + (parts_before - self._parts)).total())


def _parts(content: Content) -> Iterable[Hashable]:
    match content.kind, content.value:
        case "table", _:
            return (tuple(map(token, row)) for row in content.form.rows)
        case _, str() as text:
            return text.splitlines()
        case _, list() as items:
            return map(token, items)
        case _, dict() as fields:
            return ((name, token(value)) for name, value in fields.items())
    return (token(content.value),)
