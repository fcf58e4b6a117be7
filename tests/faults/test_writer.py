"""The writer: nobody waits for one that is dead, nobody waits without limit, and one bad command harms no other."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from events.errors import WriterClosed
from events.stores.sql import Transaction
from events.writer import BATCH_MAX, Writer
from service.app import create_app, opened
from service.deciding.commands import Command, CreateArtifacts, NewArtifact
from service.parts import Parts
from service.settings import Settings
from tests.invariants import check_log

LOG = "default"
TIMEOUT_S = 10
CREATE = CreateArtifacts(items=(NewArtifact(key="k"),))


class Fatal(BaseException):
    """What no handler of exceptions catches."""


def client_of(parts: Parts) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(create_app(parts)), base_url="http://digsite/api")


def end_writer() -> None:
    [task] = [task for task in asyncio.all_tasks() if task.get_name() == "writer"]
    task.cancel()


async def submitted(writer: Writer[Command, Any], commands: Sequence[Command]) -> list[Any]:
    """The answers and refusals, all of which come in time."""
    async with asyncio.timeout(TIMEOUT_S):
        return await asyncio.gather(*(writer.submit(LOG, each) for each in commands), return_exceptions=True)


async def test_a_writer_that_is_stopped_fails_those_who_wait(parts: Parts) -> None:
    waiting = asyncio.create_task(submitted(parts.writer, [CREATE] * 3 * BATCH_MAX))
    while parts.writer.waiting != 2 * BATCH_MAX:
        await asyncio.sleep(0)
    end_writer()
    assert {type(answer) for answer in await waiting} == {WriterClosed}


async def test_closing_writes_what_waits(parts: Parts) -> None:
    waiting = asyncio.create_task(submitted(parts.writer, [CREATE] * 2 * BATCH_MAX))
    while not parts.writer.waiting:
        await asyncio.sleep(0)
    await parts.writer.close()
    assert {type(answer) for answer in await waiting} == {list}
    assert not parts.writer.is_alive


async def test_a_writer_that_dies_fails_those_who_wait(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    async def die(transaction: Transaction, commands: Sequence[Command]) -> list[object]:
        raise Fatal

    writer: Writer[Command, object] = Writer(parts.store, die)
    writer.start()
    answers = await submitted(writer, [CREATE] * 2 * BATCH_MAX)
    assert {type(answer) for answer in answers} == {WriterClosed}
    assert not writer.is_alive
    assert "The writer has died" in caplog.text


async def test_answers_that_do_not_fit_their_commands_leave_nobody_waiting(parts: Parts) -> None:
    async def answer_too_few(transaction: Transaction, commands: Sequence[Command]) -> list[object]:
        return []

    writer: Writer[Command, object] = Writer(parts.store, answer_too_few)
    writer.start()
    assert {type(answer) for answer in await submitted(writer, [CREATE] * 3)} == {WriterClosed}


async def test_without_a_writer_the_server_is_not_ready_and_reads_go_on(parts: Parts, api: httpx2.AsyncClient) -> None:
    await api.post("/artifacts/", json={"key": "k"})
    end_writer()
    write = await api.post("/artifacts/", json={})
    ready, read = await api.get("/ready"), await api.get("/artifacts/k/latest")
    assert (write.status_code, ready.status_code, read.status_code) == (503, 503, 200)
    assert "retry-after" in write.headers


async def test_a_command_that_breaks_fails_alone(parts: Parts) -> None:
    async def break_at_seven(transaction: Transaction, commands: Sequence[int]) -> list[int | Exception]:
        return [1 // (command - 7) and command for command in commands]

    writer: Writer[int, int] = Writer(parts.store, break_at_seven)
    writer.start()
    async with asyncio.timeout(TIMEOUT_S):
        answers = await asyncio.gather(*(writer.submit(LOG, each) for each in range(20)), return_exceptions=True)
    await writer.close()
    assert [type(answer) for answer in answers].count(ZeroDivisionError) == 1
    assert isinstance(answers[7], ZeroDivisionError)


async def test_a_request_that_goes_away_harms_no_other(parts: Parts) -> None:
    waiting = [asyncio.create_task(parts.writer.submit(LOG, CREATE)) for _ in range(40)]
    while not parts.writer.waiting:
        await asyncio.sleep(0)
    for each in waiting[::2]:
        each.cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError, list] * 20
    await check_log(parts.store, LOG)


async def test_beyond_the_queue_s_limit_writes_are_put_off(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, max_waiting_writes=2)
    async with opened(settings) as parts, client_of(parts) as client:
        answers = await asyncio.gather(*(client.post("/artifacts/", json={"data": n}) for n in range(20)))
        put_off = [answer for answer in answers if answer.status_code != 201]
        assert {(answer.status_code, answer.headers["retry-after"]) for answer in put_off} == {(503, "1")}
        assert (await client.post("/artifacts/count")).json() == len(answers) - len(put_off)
