"""The question that filter objects ask of a listing: its shape, and the values for it.

The *shape* says which criteria there are and how they are joined. A statement is compiled once per shape.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct
from pydantic import BaseModel

from events.stores.tables import storable
from projections.filters import ArtifactCount, CollectionCount
from projections.runs.values import micros_of

GROUPS = ("artifacts", "flow_runs", "task_runs", "flows", "deployments")
WITHOUT_MEANING = frozenset((("deployments", "concurrency_limit"),))
"""What Prefect takes and does not look at any more."""

_EMPTY_IS_NONE = frozenset(("like_", "not_any_", "all_"))
"""Criteria that ask for nothing when they are empty."""


class Criterion(Struct, frozen=True):
    """Something asked of one field, by its way through the filter: `("artifacts", "key", "any_")`."""

    path: tuple[str, ...]

    @property
    def parameter(self) -> str:
        """The name of its value."""
        return "_".join(self.path)


class Joined(Struct, frozen=True):
    """Criteria that must all hold (`and_`), or one of them (`or_`). None at all: it holds."""

    operator: str
    parts: "tuple[Joined | Criterion, ...]"

    def criteria(self) -> list[Criterion]:
        return [found for part in self.parts for found in ([part] if isinstance(part, Criterion) else part.criteria())]


Shape = tuple[tuple[str, Joined], ...]
"""The filter objects that are there, by their names."""


class Question(Struct, frozen=True):
    """What a caller asks of a listing: its shape, and the values by their parameters' names."""

    shape: Shape
    values: dict[str, Any]


def question_of(filters: ArtifactCount | CollectionCount) -> Question:
    """Read the filter objects. Pure."""
    values: dict[str, Any] = {}
    given = [(name, getattr(filters, name)) for name in GROUPS]
    shape = tuple((name, _joined((name,), filter_, values)) for name, filter_ in given if filter_ is not None)
    return Question(shape, values)


def _joined(path: tuple[str, ...], filter_: BaseModel, values: dict[str, Any]) -> Joined:
    parts: list[Joined | Criterion] = []
    for field in type(filter_).model_fields:
        asked, way = getattr(filter_, field), (*path, field)
        if asked is None or field == "operator" or way in WITHOUT_MEANING or (field in _EMPTY_IS_NONE and not asked):
            continue
        if isinstance(asked, BaseModel):
            inner = _joined(way, asked, values)
            if inner.parts or len(path) == 1:  # an empty field holds; what is empty within a field is not there
                parts.append(inner)
        elif isinstance(asked, bool):
            parts.append(Criterion((*path, f"{field}{asked}")))
        else:
            criterion = Criterion(way)
            values[criterion.parameter] = _value(field, asked)
            parts.append(criterion)
    return Joined(getattr(filter_, "operator", "and_"), tuple(parts))


def _value(criterion: str, asked: Any) -> Any:
    if criterion == "like_":
        return storable("%" + asked.replace("\\", "\\\\") + "%")
    if isinstance(asked, datetime):
        return micros_of(asked)
    return [storable(str(each)) for each in asked]
