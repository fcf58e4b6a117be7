"""Use the SDK's artifact functions, `sync` or `async`, and print as JSON what came back, by the name of each call."""

import asyncio
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any, TypeAlias
from uuid import uuid4

from prefect.artifacts import (
    Artifact,
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactCollectionFilter,
    ArtifactCollectionFilterKey,
    ArtifactFilter,
    ArtifactFilterId,
    ArtifactFilterKey,
)
from prefect.client.schemas.sorting import ArtifactCollectionSort, ArtifactSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from pydantic_core import to_json

Call: TypeAlias = Callable[[], Any]
Story: TypeAlias = Generator[tuple[str, Call], Any, None]
"""Named calls, one after the other; each yield gives back what its call came to."""

REFUSALS = (ObjectNotFound, PrefectHTTPStatusError)


def story(client: Any, form: str) -> Story:
    """Every key begins with the form, so that both forms can be told to one server."""
    yield from each_type(form)
    yield from tables(form)
    yield from progress(form)
    yield from getting(form)
    yield from versions(client, form)
    yield from without_a_key(client)


def each_type(form: str) -> Story:
    link, markdown, image, bare = (f"{form}-{name}" for name in ("link", "markdown", "image", "bare"))
    yield "id of link", lambda: create_link_artifact("https://example.com/report", "The report", key=link)
    yield "id of markdown", lambda: create_markdown_artifact("# Größe ✓", key=markdown, description="*Why*")
    yield "id of image", lambda: create_image_artifact("https://example.com/plot.png", key=image)
    yield "created", lambda: Artifact(type="model", key=bare, data={"weights": [1, 2.5]}).create()
    yield "link", lambda: Artifact.get(link)
    yield "markdown", lambda: Artifact.get(markdown)
    yield "image", lambda: Artifact.get(image)
    yield "bare", lambda: Artifact.get(bare)


def tables(form: str) -> Story:
    nan = float("nan")
    shapes: dict[str, Any] = {
        "dict-of-lists": {"id": ["12345", "56789"], "probability": [0.85, nan]},
        "list-of-dicts": [{"id": "12345", "probability": 0.85}, {"id": "56789", "probability": nan}],
        "list-of-lists": [["12345", 0.85], ["56789", nan]],
    }
    for shape, table in shapes.items():
        yield f"id of {shape}", lambda table=table, key=f"{form}-{shape}": create_table_artifact(table, key=key)
        yield shape, lambda key=f"{form}-{shape}": Artifact.get(key)


def progress(form: str) -> Story:
    key = f"{form}-progress"
    id = yield "id of progress", lambda: create_progress_artifact(0.0, key=key, description="Training")
    yield "progress at first", lambda: Artifact.get(key)
    yield "updated", lambda: update_progress_artifact(id, 50.0)
    yield "progress later", lambda: Artifact.get(key)
    yield "updated again", lambda: update_progress_artifact(id, 100.0, description="Trained")
    yield "progress", lambda: Artifact.get(key)
    yield "update of an unknown one", lambda: update_progress_artifact(uuid4(), 1.0)


def getting(form: str) -> Story:
    key = f"{form}-getting"
    yield "get unknown", lambda: Artifact.get(key)
    yield "get or create at first", lambda: Artifact.get_or_create(key=key, description="first", data=1)
    yield "get or create again", lambda: Artifact.get_or_create(key=key, description="second", data=2)


def versions(client: Any, form: str) -> Story:
    """Two versions of one key; the newer is deleted, then the older."""
    key = f"{form}-versions"
    of_key = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    latest_of_key = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=[key]))

    def all_of_it() -> Any:
        return client.read_artifacts(artifact_filter=of_key, sort=ArtifactSort.CREATED_DESC, limit=10)

    def latest() -> Any:
        return client.read_latest_artifacts(artifact_filter=latest_of_key, sort=ArtifactCollectionSort.KEY_ASC)

    older = yield "older", lambda: create_markdown_artifact("older", key=key)
    newer = yield "newer", lambda: create_markdown_artifact("newer", key=key)
    yield "both", all_of_it
    yield "latest of both", latest
    yield "delete newer", lambda: client.delete_artifact(newer)
    yield "latest after deleting newer", latest
    yield "delete older", lambda: client.delete_artifact(older)
    yield "latest after deleting both", latest
    yield "left after deleting both", all_of_it
    yield "delete older again", lambda: client.delete_artifact(older)


def without_a_key(client: Any) -> Story:
    id = yield "id of unkeyed", lambda: create_markdown_artifact("no key")
    yield "unkeyed", lambda: client.read_artifacts(artifact_filter=ArtifactFilter(id=ArtifactFilterId(any_=[id])))


def tell() -> dict[str, Any]:
    told: dict[str, Any] = {}
    with get_client(sync_client=True) as client:
        for name, call in in_turn(story(client, "sync"), told):
            try:
                told[name] = call()
            except REFUSALS as error:
                told[name] = refusal(error)
    return told


async def atell() -> dict[str, Any]:
    told: dict[str, Any] = {}
    async with get_client() as client:
        for name, call in in_turn(story(client, "async"), told):
            try:
                told[name] = await call()
            except REFUSALS as error:
                told[name] = refusal(error)
    return told


def in_turn(calls: Story, told: dict[str, Any]) -> Iterator[tuple[str, Call]]:
    """The calls of a story. What each came to must be told before the next is asked for."""
    with suppress(StopIteration):
        step = next(calls)
        while True:
            yield step
            step = calls.send(told[step[0]])


def refusal(error: Any) -> str:
    response = getattr(error, "http_exc", error).response
    return f"{type(error).__name__}: {response.status_code}"


print(to_json(tell() if sys.argv[1] == "sync" else asyncio.run(atell())).decode())
