"""Writes of one key at the same time: what one process, or two over one database, make of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from service.app import opened
from service.deciding.commands import (
    Command,
    CommandRefused,
    CreateArtifacts,
    DeleteArtifact,
    NewArtifact,
    UpdateArtifact,
)
from service.handler import created_events
from service.parts import Parts
from service.settings import Settings
from tests.invariants import check_log

LOG = "default"
ROUNDS = 30


@pytest.fixture(params=["one process", "two processes"])
async def writers(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[list[Parts]]:
    """One server's parts, or two servers' over the same PostgreSQL."""
    if request.param == "one process":
        async with opened(settings) as parts:
            yield [parts]
    elif settings.database.startswith("sqlite"):
        pytest.skip("SQLite has one writing process per file")
    else:
        async with opened(settings) as parts, opened(settings) as others:
            yield [parts, others]


def creating(key: str) -> CreateArtifacts:
    return CreateArtifacts(items=(NewArtifact(key=key),))


async def all_at_once(writers: list[Parts], commands: list[Command]) -> list[object]:
    """Submit to the writers in turn, all at the same time."""
    work = [writers[index % len(writers)].writer.submit(LOG, command) for index, command in enumerate(commands)]
    return await asyncio.gather(*work, return_exceptions=True)


async def test_first_writes_of_a_key_at_once_make_one_collection(writers: list[Parts]) -> None:
    for number in range(ROUNDS):
        await all_at_once(writers, [creating(f"key-{number}")] * 2)
    kinds = Counter(placed.event.kind for placed in await check_log(writers[0].store, LOG))
    assert kinds["prefect.artifact-collection.created"] == ROUNDS
    assert kinds["prefect.artifact-collection.updated"] == ROUNDS


async def test_creates_updates_and_deletes_of_one_key_leave_its_latest_the_newest(writers: list[Parts]) -> None:
    for _ in range(ROUNDS):
        made = [
            created_events(answer)[0].stream.id
            for answer in await all_at_once(writers, [creating("k")] * 3)
            if isinstance(answer, list)
        ]
        commands: list[Command] = [creating("k"), creating("k")]
        for artifact_id in made:
            commands += [UpdateArtifact(id=artifact_id, data="1"), DeleteArtifact(id=artifact_id)]
        answers = await all_at_once(writers, commands)
        assert all(isinstance(answer, list | CommandRefused) for answer in answers)
        await check_log(writers[0].store, LOG)


async def test_the_same_request_at_once_makes_one_artifact(writers: list[Parts]) -> None:
    command = CreateArtifacts(items=(NewArtifact(key="k", data="1"),), idempotency_key="once")
    answers = await all_at_once(writers, [command] * 10)
    firsts = {created_events(answer)[0].position for answer in answers if isinstance(answer, list)}
    assert (len(answers), firsts) == (10, {1})
    assert (await writers[0].store.head(LOG)).position == 2


async def test_of_two_updates_that_expect_one_version_one_wins(writers: list[Parts]) -> None:
    [answer] = await all_at_once(writers, [creating("k")])
    assert isinstance(answer, list)
    update = UpdateArtifact(id=answer[0].stream.id, data="1", expected_version=1)
    answers = await all_at_once(writers, [update] * 8)
    assert sum(isinstance(each, list) for each in answers) == 1
