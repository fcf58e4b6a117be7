"""Given asset events, then the catalog, the materializations and the lineage. Each is folded twice: nothing changes."""

from typing import Any

import pytest
from msgspec.structs import asdict

from events.event import Event
from projections.assets import (
    ASSET_PROJECTOR,
    FAILED,
    KEY_BYTES_MAX,
    REFERENCED,
    SUCCEEDED,
    Asset,
    Edge,
    Materialization,
)
from tests.asset_events import CLEAN, FLOW_RUN, RAW, REPORT, TASK_RUN, failure, folded, placed, reference, success


class Then:
    """What is known after these events."""

    def __init__(self, *events: Event) -> None:
        history = placed(events)
        model = folded(ASSET_PROJECTOR, history)
        assert folded(ASSET_PROJECTOR, history, model) == model
        self._rows = {name: [row for row in rows.values() if row] for name, rows in model.items()}
        self.assets = {asset.key: asset for asset in (Asset(*row) for row in self._rows["assets"])}
        self.materializations = [Materialization(*row) for row in self._rows["asset_materializations"]]
        self.edges = [Edge(*row) for row in self._rows["asset_edges"]]


def facts(asset: Asset, *names: str) -> list[Any]:
    return [asdict(asset)[name] for name in names]


def test_a_reference_brings_an_asset_into_the_catalog() -> None:
    [asset] = Then(reference(RAW)).assets.values()
    assert facts(asset, "key", "referenced", "succeeded", "failed", "status") == [RAW, 1, 0, 0, None]


def test_an_asset_is_seen_from_its_first_event_to_its_last() -> None:
    first, last = reference(RAW), reference(RAW)
    asset = Then(first, reference(CLEAN), last).assets[RAW]
    assert facts(asset, "first_position", "first_seen") == [1, first.occurred]
    assert facts(asset, "last_position", "last_seen") == [3, last.occurred]


def test_labels_that_an_event_does_not_have_stay_what_they_were() -> None:
    said = {"name": "Raw", "description": "As it came", "url": "http://raw", "owners": '["ann"]'}
    asset = Then(success(RAW, **said), reference(RAW, name="Raw!")).assets[RAW]
    assert facts(asset, *said) == ["Raw!", "As it came", "http://raw", '["ann"]']


def test_a_materialization_says_when_how_and_by_whom() -> None:
    event = success(CLEAN, by="dbt")
    [made] = Then(event).materializations
    assert made == Materialization(CLEAN, 1, event.occurred, "succeeded", FLOW_RUN, TASK_RUN, "dbt")


def test_the_last_materialization_is_shown_with_its_status_and_all_are_counted() -> None:
    last = failure(CLEAN)
    then = Then(success(CLEAN), success(CLEAN), last, reference(CLEAN))
    assert [each.status for each in then.materializations] == ["succeeded", "succeeded", "failed"]
    asset = then.assets[CLEAN]
    assert facts(asset, "succeeded", "failed", "referenced") == [2, 1, 1]
    assert facts(asset, "materialized_position", "materialized", "status") == [3, last.occurred, "failed"]


def test_an_edge_leads_from_each_upstream_asset() -> None:
    then = Then(success(REPORT, RAW, CLEAN), success(REPORT, CLEAN))
    assert then.edges == [Edge(RAW, REPORT, 1, 1), Edge(CLEAN, REPORT, 1, 2)]


def test_an_upstream_asset_is_known_even_if_nothing_else_tells_of_it() -> None:
    asset = Then(success(CLEAN, RAW)).assets[RAW]
    assert facts(asset, "first_position", "referenced", "succeeded") == [1, 0, 0]


def test_an_asset_is_not_upstream_of_itself() -> None:
    then = Then(success(CLEAN, CLEAN))
    assert (then.edges, then.assets[CLEAN].succeeded) == ([], 1)


def test_an_upstream_asset_that_is_named_twice_is_one_edge() -> None:
    assert Then(success(CLEAN, RAW, RAW)).edges == [Edge(RAW, CLEAN, 1, 1)]


def test_a_run_is_not_upstream() -> None:
    assert Then(success(CLEAN)).edges == []


@pytest.mark.parametrize("key", ["", "s3://" + "x" * KEY_BYTES_MAX, "s3://" + "ü" * 512])
def test_what_cannot_be_a_key_is_left_out(key: str) -> None:
    then = Then(reference(key), success(CLEAN, key))
    assert (list(then.assets), then.edges) == ([CLEAN], [])


def test_other_kinds_are_not_asked_for() -> None:
    assert ASSET_PROJECTOR.kinds.name == [REFERENCED, SUCCEEDED, FAILED]
