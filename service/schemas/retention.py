"""The bodies of requests and answers about retention: for validation, and for the docs."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from service.schemas.subscriptions import Body

POLICY_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
PATTERN_CHARS_MAX = 1_024
"""Characters of a pattern of keys."""
TYPES_MAX = 100
"""Types that one policy names."""
KEEP_FOR_S_MAX = 3_155_760_000
"""Longest that a policy keeps something: a hundred years."""
KEEP_VERSIONS_MAX = 1_000_000_000
KEEP_ONE_IN_MAX = 1_000_000_000

_EXAMPLE: JsonDict = {"keys": "daily-*", "types": ["table"], "keep_for_s": 2_592_000, "keep_versions": 10}


class PolicyPut(Body):
    """What is kept of the artifacts that the policy covers. A version goes when every rule that is given lets it go."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    keys: str | None = Field(
        None,
        pattern=rf"^[a-z0-9*?-]{{1,{PATTERN_CHARS_MAX}}}$",
        description="A pattern of keys: `*` stands for any characters, `?` for one. "
        "Without it, every artifact, those without a key too.",
    )
    types: list[Annotated[str, StringConstraints(max_length=1_024)]] | None = Field(
        None, min_length=1, max_length=TYPES_MAX, description="Without it, every type."
    )
    keep_for_s: int | None = Field(
        None, ge=1, le=KEEP_FOR_S_MAX, description="Keep a version so many seconds after its last change."
    )
    keep_versions: int | None = Field(
        None, ge=1, le=KEEP_VERSIONS_MAX, description="Keep so many of the newest versions of a key."
    )
    keep_one_in: int | None = Field(
        None,
        ge=2,
        le=KEEP_ONE_IN_MAX,
        description="Of the states between the first and the last of a version, keep one in so many.",
    )
    latest_too: bool = Field(False, description="Let the latest version of a key go, too, when its time is over.")

    @model_validator(mode="after")
    def _has_a_rule(self) -> "PolicyPut":
        if self.keep_for_s is None and self.keep_versions is None and self.keep_one_in is None:
            raise ValueError("a policy needs keep_for_s, keep_versions or keep_one_in")
        return self


class PolicyShown(BaseModel):
    """A policy, and when it was last set or applied."""

    name: str
    keys: str | None
    types: list[str] | None
    keep_for_s: int | None
    keep_versions: int | None
    keep_one_in: int | None
    latest_too: bool
    updated: datetime
    position: int


class GoneShown(BaseModel):
    """What a policy lets go, or would: artifacts that are deleted, bodies that are taken away, and their size."""

    policy: str
    artifacts: int
    bodies: int
    size_bytes: int


class Preview(BaseModel):
    """What the policies would let go now. If there is more than one request looks at, `is_complete` is false."""

    policies: list[GoneShown]
    is_complete: bool
