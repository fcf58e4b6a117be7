"""Publish two versions of each type of artifact, outside of runs, and print as JSON the ids by key, the older first."""

import json
import sys
from collections.abc import Callable, Iterable
from math import nan
from typing import Any

from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

PICTURES = sys.argv[1:]

REPORTS = ("# Sales\n\n* north 12\n", "# Sales\n\n* north 12\n* south 30\n")
LINKS = ("https://example.com/may.csv", "https://example.com/june.csv")
TABLES: dict[str, Any] = {
    "list-of-dicts": (
        [{"customer": "a", "churn": 0.85}, {"customer": "b", "churn": nan}],
        [{"customer": "a", "churn": 0.85}, {"customer": "b", "churn": 0.5}, {"customer": "c", "churn": nan}],
    ),
    "list-of-lists": ([["a", 0.85], ["b", nan]], [["a", 0.85], ["b", 0.5], ["c", nan]]),
    "dict-of-lists": (
        {"customer": ["a", "b"], "churn": [0.85, nan]},
        {"customer": ["a", "b", "c"], "churn": [0.85, 0.5, nan]},
    ),
}

Ids = dict[str, list[str]]


def each(publish: Callable[..., Any], contents: Iterable[Any], **facts: str) -> list[str]:
    return [str(publish(content, **facts)) for content in contents]


def progress() -> str:
    id = create_progress_artifact(10.0, key="fetching", description="Fetching")
    for percent in (40.0, 75.0):
        update_progress_artifact(id, percent)
    return str(id)


def publish() -> Ids:
    tables = {key: each(create_table_artifact, contents, key=key) for key, contents in TABLES.items()}
    return tables | {
        "report": each(create_markdown_artifact, REPORTS, key="report", description="Of **June**"),
        "source": each(create_link_artifact, LINKS, link_text="The sales", key="source"),
        "plot": each(create_image_artifact, PICTURES, key="plot"),
        "fetching": [progress()],
    }


print(json.dumps(publish()))
