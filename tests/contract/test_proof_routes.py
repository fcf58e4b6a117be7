"""Checkpoints, proofs of events, proofs of consistency: what the docs' checker takes, and what it refuses."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.exceptions import InvalidSignature

from events.absences import Reason, remove_bodies, remove_labels
from events.testing import one
from service.parts import Parts
from service.proof.signing_key import signing_key
from tests.databases import ON_SQLITE
from tests.docs.pages import DOCS, blocks

[_PAGE] = [block.text for block in blocks(DOCS / "proof.md") if block.language == "python"]
CHECKER: dict[str, Any] = {}
exec(_PAGE.split("kept = Path(")[0], CHECKER)
check_checkpoint, check_event, check_consistency = (
    CHECKER[name] for name in ("check_checkpoint", "check_event", "check_consistency")
)

SIZES = (1, 2, 3, 7, 256, 600)


@pytest.fixture
async def write(parts: Parts) -> Callable[[int], Awaitable[None]]:
    """Appends events until the log has so many."""

    async def write(size: int) -> None:
        head = (await parts.store.head("default")).position
        await parts.store.append("default", *(one(content=f'"{n}"') for n in range(head, size)))

    return write


async def checkpoint(api: httpx2.AsyncClient) -> tuple[int, bytes]:
    key = (await api.get("/log/key")).text
    found: tuple[int, bytes] = check_checkpoint((await api.get("/log/checkpoint")).text, key)
    return found


async def proof(api: httpx2.AsyncClient, position: int, size: int) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(f"/log/{position}/proof", params={"checkpoint": size})).json()
    return found


async def test_every_checkpoint_goes_on_from_those_before_and_holds_its_events(
    api: httpx2.AsyncClient, write: Callable[[int], Awaitable[None]]
) -> None:
    checkpoints = []
    for size in SIZES:
        await write(size)
        checkpoints.append(await checkpoint(api))
    assert [size for size, _ in checkpoints] == list(SIZES)
    for index, (size, root) in enumerate(checkpoints):
        for position in {1, (size + 1) // 2, size}:
            header, _, body = check_event(await proof(api, position, size), size, root)
            assert (header[0], body) == (position, f'"{position - 1}"')
        for old, old_root in checkpoints[: index + 1]:
            shown = (await api.get("/log/consistency", params={"from": old, "to": size})).json()
            check_consistency(shown, old, old_root, size, root)


ALTERATIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "header": lambda proof: proof.update(header=proof["header"].replace("thing", "thong")),
    "position": lambda proof: proof.update(position=4),
    "hash before": lambda proof: proof.update(hash_before="00" * 32),
    "labels": lambda proof: proof["labels"].update(content=proof["labels"]["content"].replace("thing", "thong")),
    "labels' salt": lambda proof: proof["labels"].update(salt="00" * 16),
    "labels' commitment": lambda proof: proof["labels"].update(content=None, commitment="00" * 32),
    "body": lambda proof: proof["body"].update(content='"other"'),
    "body's salt": lambda proof: proof["body"].update(salt="00" * 16),
    "no body": lambda proof: proof.update(body=None),
    "a hash beside": lambda proof: proof["inclusion"].__setitem__(1, "00" * 32),
    "one hash less": lambda proof: proof["inclusion"].pop(),
    "one hash more": lambda proof: proof["inclusion"].append("00" * 32),
}


@ON_SQLITE
@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS)
async def test_an_altered_proof_is_refused(
    api: httpx2.AsyncClient, write: Callable[[int], Awaitable[None]], alter: Callable[[dict[str, Any]], object]
) -> None:
    await write(7)
    size, root = await checkpoint(api)
    shown = await proof(api, 3, size)
    check_event(deepcopy(shown), size, root)
    alter(shown)
    with pytest.raises(AssertionError):
        check_event(shown, size, root)


@ON_SQLITE
@pytest.mark.parametrize("line", range(5))
async def test_an_altered_checkpoint_is_refused(
    api: httpx2.AsyncClient, write: Callable[[int], Awaitable[None]], line: int
) -> None:
    await write(3)
    key, note = (await api.get("/log/key")).text, (await api.get("/log/checkpoint")).text
    lines = note.split("\n")
    lines[line] = lines[line].translate(str.maketrans("d30aA", "e41bB")) + ("" if line else "x")
    with pytest.raises((AssertionError, InvalidSignature, ValueError)):
        check_checkpoint("\n".join(lines), key)


@ON_SQLITE
async def test_a_checkpoint_signed_by_another_key_is_refused(
    api: httpx2.AsyncClient, write: Callable[[int], Awaitable[None]]
) -> None:
    await write(3)
    name, _, public = (await api.get("/log/key")).text.strip().split("+", 2)
    other = base64.b64encode(base64.b64decode(public)[:1] + bytes(32)).decode()
    with pytest.raises((AssertionError, InvalidSignature)):
        check_checkpoint((await api.get("/log/checkpoint")).text, f"{name}+00000000+{other}")


@ON_SQLITE
async def test_a_history_that_was_altered_does_not_go_on_from_a_checkpoint_that_was_kept(
    api: httpx2.AsyncClient, parts: Parts, write: Callable[[int], Awaitable[None]]
) -> None:
    await write(5)
    old, old_root = await checkpoint(api)
    await write(9)
    size, root = await checkpoint(api)
    shown = (await api.get("/log/consistency", params={"from": old, "to": size})).json()
    for index in range(len(shown["consistency"])):
        altered = deepcopy(shown)
        altered["consistency"][index] = "00" * 32
        with pytest.raises(AssertionError):
            check_consistency(altered, old, old_root, size, root)
    with pytest.raises(AssertionError):
        check_consistency(shown, old, bytes(32), size, root)


async def test_after_an_erasure_proofs_stay_valid_and_say_what_is_absent(
    api: httpx2.AsyncClient, parts: Parts, write: Callable[[int], Awaitable[None]]
) -> None:
    await write(5)
    size, root = await checkpoint(api)
    await parts.store.beside(lambda fetch: remove_bodies(fetch, 1, [2], Reason.ERASED, 5))
    await parts.store.beside(lambda fetch: remove_labels(fetch, 1, [2], 5))
    shown = await proof(api, 2, size)
    assert check_event(shown, size, root)[1:] == (None, None)
    assert shown["body"]["absent"] == shown["labels"]["absent"] == {"reason": "erased", "cause": 5}


async def test_an_empty_log_has_a_checkpoint(api: httpx2.AsyncClient) -> None:
    size, _ = await checkpoint(api)
    assert size == 0


@ON_SQLITE
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/log/3/proof?checkpoint=2", 422),
        ("/log/3/proof?checkpoint=6", 422),
        ("/log/3/proof?checkpoint=x", 422),
        ("/log/9/proof", 422),
        ("/log/consistency", 422),
        ("/log/consistency?from=0", 422),
        ("/log/consistency?from=4&to=3", 422),
    ],
)
async def test_what_cannot_be_proven_is_refused(
    api: httpx2.AsyncClient, write: Callable[[int], Awaitable[None]], path: str, status: int
) -> None:
    await write(5)
    assert (await api.get(path)).status_code == status


@ON_SQLITE
async def test_the_key_is_readable_by_its_owner_alone(api: httpx2.AsyncClient, parts: Parts) -> None:
    await api.get("/log/key")
    assert parts.settings.signing_key_file.stat().st_mode & 0o777 == 0o600


async def test_processes_that_need_the_key_at_once_have_one(tmp_path: Path) -> None:
    made = [asyncio.to_thread(signing_key, tmp_path / "signing.key") for _ in range(8)]
    assert len({key.public_key for key in await asyncio.gather(*made)}) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["signing.key"]


@ON_SQLITE
async def test_a_key_that_cannot_be_used_is_said(api: httpx2.AsyncClient, parts: Parts) -> None:
    parts.settings.signing_key_file.write_text("nonsense")
    answer = await api.get("/log/checkpoint")
    assert (answer.status_code, answer.json()["error"]) == (500, "signing_key_unusable")
