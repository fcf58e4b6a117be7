"""Where a reader stands in the log, as the page's time machine asks for it."""

from itertools import pairwise
from typing import Any

import httpx2
import pytest

from service.moments import STRETCHES_MAX, bounds
from tests.contract.calls import answered, changed, created, deleted, detail


async def moment(api: httpx2.AsyncClient, **query: Any) -> Any:
    return (await answered(api, "GET", "/ui/moments", params=query)).json()


async def test_of_a_position_it_is_told_what_was_recorded_there(api: httpx2.AsyncClient) -> None:
    await created(api, key="a-key", data=1)
    await created(api, key="b-key", data=1)
    found = await moment(api, at=3)
    assert (found["position"], found["head"], found["first"]) == (3, 4, 1)
    assert (found["event"]["kind"], found["event"]["key"]) == ("prefect.artifact.created", "b-key")
    assert (found["previous"], found["next"]) == (2, 4)


async def test_without_a_position_it_is_the_head(api: httpx2.AsyncClient) -> None:
    await created(api, key="a-key", data=1)
    found = await moment(api)
    assert (found["position"], found["previous"], found["next"], found["keys_changed_since"]) == (2, 1, None, 0)


async def test_before_all_nothing_was_recorded(api: httpx2.AsyncClient) -> None:
    await created(api, key="a-key", data=1)
    found = await moment(api, at=0)
    assert (found["event"], found["previous"], found["next"], found["keys_changed_since"]) == (None, None, 1, 1)


async def test_an_empty_log_has_no_moments(api: httpx2.AsyncClient) -> None:
    found = await moment(api)
    assert (found["head"], found["first"], found["stretches"], found["next"]) == (0, 0, [], None)


async def test_keys_that_were_published_changed_or_deleted_since_are_counted_once(api: httpx2.AsyncClient) -> None:
    _, changes, goes = [await created(api, key=key, data=1) for key in ("stays", "changes", "goes")]
    for data in (2, 3):
        await changed(api, changes, data=data)
    await deleted(api, goes)
    await created(api, key="goes", data=2)
    await deleted(api, await created(api, key="comes-and-goes", data=1))
    assert (await moment(api, at=6))["keys_changed_since"] == 2
    assert (await moment(api, at=0))["keys_changed_since"] == 3


async def test_a_key_that_was_deleted_counts(api: httpx2.AsyncClient) -> None:
    await deleted(api, await created(api, key="a-key", data=1))
    assert (await moment(api, at=2))["keys_changed_since"] == 1


async def test_one_goes_from_change_to_change_of_a_key(api: httpx2.AsyncClient) -> None:
    one = await created(api, key="a-key", data=1)
    await created(api, key="b-key", data=1)
    await changed(api, one, data=2)
    found = await moment(api, at=4, key="a-key")
    assert (found["previous"], found["next"], found["changes"]) == (2, 6, [2, 6])
    assert (await moment(api, at=6, key="a-key"))["next"] is None
    assert (await moment(api, at=2, key="a-key"))["previous"] is None


async def test_a_moment_may_be_a_time(api: httpx2.AsyncClient) -> None:
    await created(api, key="a-key", data=1)
    assert (await moment(api, at="2020-01-01"))["position"] == 0
    assert (await moment(api, at="2999-01-01"))["position"] == 2


async def test_the_stretches_are_the_whole_log(api: httpx2.AsyncClient) -> None:
    for _ in range(3):
        await created(api, key="a-key", data=1)
    found = (await moment(api))["stretches"]
    assert [(each["after"], each["until"]) for each in found] == [(each, each + 1) for each in range(6)]
    assert all(each["seconds"] >= 0 for each in found)


@pytest.mark.parametrize("head", [1, STRETCHES_MAX - 1, STRETCHES_MAX, 12_345, 10**9])
def test_stretches_are_few_and_of_one_length(head: int) -> None:
    ends = bounds(head)
    assert (ends[0], ends[-1], len(ends) - 1) == (0, head, min(head, STRETCHES_MAX))
    lengths = {until - after for after, until in pairwise(ends)}
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize(("query", "name"), [({"at": "yesterday"}, "at"), ({"key": "No key"}, "key")])
async def test_what_is_no_moment_is_refused(api: httpx2.AsyncClient, query: dict[str, Any], name: str) -> None:
    assert detail(await api.get("/ui/moments", params=query))["loc"] == ["query", name]
