"""Retention: what the policies let go is gone, everything else is as it was."""

from typing import Any

import httpx2
import pytest

from events.absences import Part, Reason, absences
from projections.checkpoints import Holder, release
from service.parts import Parts
from service.retention.retention import Retention, RetentionBusy
from service.settings import Settings
from tests.contract.calls import changed, created, deleted, latest, read
from tests.invariants import check_log
from tests.retaining import LOG, applied, bodies_there, put
from tests.verifying import verified


async def there(api: httpx2.AsyncClient, artifact: dict[str, Any]) -> bool:
    return (await api.get(f"/artifacts/{artifact['id']}")).status_code == 200


# policies


async def test_a_policy_is_set_read_and_removed(api: httpx2.AsyncClient, parts: Parts) -> None:
    await put(api, "reports", keys="daily-*", types=["table"], keep_for_s=60)
    await put(api, "reports", keys="daily-*", types=["table"], keep_for_s=90)
    [shown] = (await api.get("/retention")).json()
    assert shown == (await api.get("/retention/reports")).json()
    assert (shown["name"], shown["keys"], shown["types"], shown["keep_for_s"]) == ("reports", "daily-*", ["table"], 90)
    assert (await api.delete("/retention/reports")).status_code == 204
    assert (await api.delete("/retention/reports")).json()["error"] == "policy_not_found"
    kinds = [each.event.kind for each in await check_log(parts.store, LOG)]
    assert kinds == ["digsite.retention.set"] * 2 + ["digsite.retention.removed"]


@pytest.mark.parametrize("policy", [{}, {"keys": "a*"}, {"keep_for_s": 0}, {"keep_one_in": 1}, {"keys": "A B"}])
async def test_a_policy_without_a_rule_that_makes_sense_is_refused(
    api: httpx2.AsyncClient, policy: dict[str, Any]
) -> None:
    assert (await api.put("/retention/p", json=policy)).status_code == 422
    assert (await api.get("/retention")).json() == []


# what goes


async def test_the_newest_versions_of_a_key_stay(api: httpx2.AsyncClient, parts: Parts) -> None:
    versions = [await created(api, key="a", data=index) for index in range(5)]
    other, alone = await created(api, key="b", data=1), await created(api, data=1)
    await put(api, "few", keep_versions=2)
    gone = (await applied(parts))["few"]
    assert (gone.artifacts, gone.bodies) == (3, 3)
    assert [await there(api, each) for each in versions] == [False] * 3 + [True] * 2
    assert [await read(api, each["id"]) for each in (versions[4], other, alone)] == [versions[4], other, alone]
    events = await check_log(parts.store, LOG)
    assert {each.event.origin.actor for each in events if "deleted" in each.event.kind} == {"digsite:retention"}


async def test_what_is_old_goes_but_not_the_latest_of_its_key(api: httpx2.AsyncClient, parts: Parts) -> None:
    old, newest, alone = [await created(api, key=key, data=1) for key in ("a", "a", None)]
    await put(api, "week", keep_for_s=7 * 86_400)
    await applied(parts, days=10)
    assert [await there(api, each) for each in (old, newest, alone)] == [False, True, False]
    assert (await latest(api, "a"))["data"] == 1


async def test_the_latest_goes_too_if_the_policy_says_so(api: httpx2.AsyncClient, parts: Parts) -> None:
    artifact = await created(api, key="a", data=1)
    await put(api, "week", keep_for_s=7 * 86_400, latest_too=True)
    await applied(parts, days=10)
    assert not await there(api, artifact)
    assert (await api.get("/artifacts/a/latest")).status_code == 404


async def test_what_is_young_stays(api: httpx2.AsyncClient, parts: Parts) -> None:
    versions = [await created(api, key="a", data=index) for index in range(3)]
    await put(api, "week", keep_for_s=7 * 86_400, keep_versions=1)
    await applied(parts)
    assert [await there(api, each) for each in versions] == [True] * 3


async def test_what_is_pinned_is_not_touched(api: httpx2.AsyncClient, parts: Parts) -> None:
    pinned = await created(api, key="a", data=0)
    for step in range(1, 9):
        await changed(api, pinned, data=step)
    loose, newest = [await created(api, key="a", data=index) for index in range(2)]
    await api.put(f"/artifacts/{pinned['id']}/pin")
    before = await bodies_there(parts)
    await put(api, "few", keep_versions=1, keep_one_in=100)
    await applied(parts)
    assert [await there(api, each) for each in (pinned, loose, newest)] == [True, False, True]
    assert len(before) - len(await bodies_there(parts)) == 1


async def test_the_first_policy_by_name_decides(api: httpx2.AsyncClient, parts: Parts) -> None:
    audits, others = [[await created(api, key=key, data=index) for index in range(3)] for key in ("audit", "b")]
    await put(api, "10-audit", keys="audit*", keep_versions=1_000)
    await put(api, "20-rest", keep_versions=1)
    await applied(parts)
    assert [await there(api, each) for each in audits] == [True] * 3
    assert [await there(api, each) for each in others] == [False, False, True]


async def test_of_intermediate_states_one_in_so_many_stays(api: httpx2.AsyncClient, parts: Parts) -> None:
    progress = await created(api, key="p", type="progress", data=0, description="kept by all")
    for step in range(1, 10):
        progress = await changed(api, progress, data=step)
    before = await bodies_there(parts)
    await put(api, "thin", types=["progress"], keep_one_in=4)
    gone = (await applied(parts))["thin"]
    assert (gone.artifacts, gone.bodies) == (0, 6)
    assert await bodies_there(parts) == [before[0], before[4], before[8], before[9]]
    assert await read(api, progress["id"]) == progress
    assert (await latest(api, "p"))["description"] == "kept by all"


async def test_what_somebody_deleted_keeps_its_content_for_a_time(api: httpx2.AsyncClient, parts: Parts) -> None:
    artifact = await created(api, key="a", data=1)
    await deleted(api, artifact)
    await put(api, "week", keep_for_s=7 * 86_400)
    await applied(parts)
    assert await bodies_there(parts) == [1]
    assert (await applied(parts, days=10))["week"].bodies == 1
    assert await bodies_there(parts) == []


async def test_each_step_is_an_event_with_counts_and_the_cause_of_its_absences(
    api: httpx2.AsyncClient, parts: Parts
) -> None:
    for index in range(3):
        await created(api, key="a", data=f"secret {index}")
    await put(api, "few", keep_versions=1)
    await applied(parts)
    steps = [each for each in await check_log(parts.store, LOG) if each.event.kind == "digsite.retention.applied"]
    assert [each.event.origin.actor for each in steps] == ["digsite:retention"] * len(steps)
    assert not any("secret" in (each.event.content or "") for each in steps)
    found = await absences(parts.store.fetch, await parts.store.log_number(LOG), Part.BODY, 1, 100)
    assert {each.reason for each in found} == {Reason.RETIRED}
    assert {each.cause for each in found} <= {each.position for each in steps}


# before it is done


async def test_a_preview_says_what_would_go_and_nothing_goes(api: httpx2.AsyncClient, parts: Parts) -> None:
    for _ in range(4):
        await created(api, key="a", data="x" * 1_000)
    await put(api, "few", keep_versions=1)
    before = await parts.store.head(LOG)
    shown = (await api.post("/retention/preview")).json()
    assert (await parts.store.head(LOG)).position == before.position
    gone = (await applied(parts))["few"]
    expected = {"artifacts": gone.artifacts, "bodies": gone.bodies, "size_bytes": gone.size_bytes}
    assert shown == {"policies": [{"policy": "few", **expected}], "is_complete": True}
    assert gone.size_bytes > 3_000


async def test_a_policy_can_be_tried_before_it_is_set(api: httpx2.AsyncClient) -> None:
    for index in range(4):
        await created(api, key="a", data=index)
    shown = (await api.post("/retention/preview", json={"keep_versions": 3})).json()
    assert [(each["policy"], each["artifacts"]) for each in shown["policies"]] == [("preview", 1)]
    assert (await api.get("/retention")).json() == []


async def test_what_is_pinned_after_it_was_found_stays(
    api: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _ = [await created(api, key="a", data=index) for index in range(2)]
    await put(api, "few", keep_versions=1)
    step = parts.retention._step

    async def pin_first(log: str, found: Any) -> Any:
        await api.put(f"/artifacts/{old['id']}/pin")
        return await step(log, found)

    monkeypatch.setattr(parts.retention, "_step", pin_first)
    await parts.retention.apply(LOG)
    assert await read(api, old["id"]) == old


async def test_policies_are_applied_by_one_at_a_time(api: httpx2.AsyncClient, parts: Parts) -> None:
    await put(api, "few", keep_versions=1)
    parts.retention._applying.add(LOG)
    with pytest.raises(RetentionBusy):
        await parts.retention.apply(LOG)
    assert (await api.post("/retention/apply")).json()["error"] == "retention_busy"


async def test_what_was_interrupted_goes_on_where_it_was(
    api: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(6):
        await created(api, key="a", data=index)
    await put(api, "few", keep_versions=1)
    steps, step = [], parts.retention._step

    async def fail_at_second(log: str, found: Any) -> Any:
        steps.append(found)
        if len(steps) == 2:
            raise ConnectionResetError
        return await step(log, found)

    with monkeypatch.context() as failing:
        failing.setattr(parts.retention, "_step", fail_at_second)
        with pytest.raises(ConnectionResetError):
            await parts.retention.apply(LOG)
    gone = (await applied(parts))["few"]
    assert (gone.artifacts, gone.bodies, len(await bodies_there(parts))) == (0, 5, 1)
    await check_log(parts.store, LOG)


async def test_what_leaves_together_is_one_range(api: httpx2.AsyncClient, parts: Parts) -> None:
    for index in range(6):
        await created(api, key="a", data=index)
    await put(api, "few", keep_versions=1)
    await applied(parts)
    found = await absences(parts.store.fetch, await parts.store.log_number(LOG), Part.BODY, 1, 100)
    assert [(each.first, each.last) for each in found] == [(1, 9)]


async def test_what_is_left_verifies(api: httpx2.AsyncClient, parts: Parts) -> None:
    for index in range(4):
        artifact = await created(api, key="a", data=index)
        for step in range(4):
            await changed(api, artifact, data=step)
    await put(api, "few", keep_versions=2, keep_one_in=2)
    await applied(parts)
    assert await verified(parts.settings.database) is None


async def test_who_finds_the_policies_being_applied_elsewhere_leaves_it(
    api: httpx2.AsyncClient, parts: Parts, settings: Settings
) -> None:
    await created(api, key="a", data=1)
    await put(api, "few", keep_versions=1)
    first, second = [
        Retention(parts.store, parts.writer, Holder(name), settings) for name in ("one process", "another")
    ]
    lease = await first._lease(LOG)
    assert lease is not None
    with pytest.raises(RetentionBusy):
        await second.apply(LOG)
    await release(parts.store, lease)
    assert await second.apply(LOG)
