"""Fitness: which artifacts of a Prefect server the log takes, pure."""

import json

from service import json_text
from service.moving.agreement import ID_MARK
from service.moving.prefect import PrefectArtifact
from service.schemas.artifacts import KEY
from service.settings import Settings

IMPORTED_BYTES_MAX = 32 * 1024 * 1024
"""Content of one artifact."""
RESULT = "result"


def unfit(artifact: PrefectArtifact, settings: Settings) -> str | None:
    """Why the log does not take an artifact, and what to do; None: it does."""
    longest, deepest = settings.max_key_length, settings.max_json_depth
    if artifact.key is not None and not KEY.fullmatch(artifact.key):
        return f"its key {artifact.key!r} must only have lowercase letters, numbers and dashes"
    if max(len(artifact.key or ""), len(artifact.type or "")) > longest:
        return f"its key or type has more than {longest} characters: raise DIGSITE_MAX_KEY_LENGTH"
    if artifact.size_bytes > IMPORTED_BYTES_MAX:
        return f"its content has {artifact.size_bytes:,} characters, and {IMPORTED_BYTES_MAX:,} are the most"
    if not json_text.depth_is_within(artifact.data, deepest):
        return f"its data nests more than {deepest} deep: raise DIGSITE_MAX_JSON_DEPTH"
    return None


def exported_id(artifact: PrefectArtifact) -> str | None:
    """The id that it has in the log which it was exported from, if it carries the mark of an export."""
    if ID_MARK not in artifact.metadata:
        return None
    marks = json.loads(artifact.metadata)
    return marks.get(ID_MARK) if isinstance(marks, dict) else None


def is_result(artifact: PrefectArtifact) -> bool:
    """Whether the server made it itself, to remember where the result of a run is."""
    if artifact.key is not None or artifact.type not in (None, RESULT):
        return False
    if artifact.type == RESULT:
        return True
    data = json.loads(artifact.data) if '"storage_key"' in artifact.data else None
    return isinstance(data, dict) and "storage_key" in data and "serializer" in data
