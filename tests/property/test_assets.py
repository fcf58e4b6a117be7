"""Over random histories: however the assets are folded, in pages, by runners that come and go, it is the naive fold."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from msgspec import Struct

from events.event import Event, RecordedEvent
from events.stores.tables import Row, restored
from projections.assets import ASSET_PROJECTOR, LABELS, Asset
from projections.generations import regenerate
from projections.steps import Rebuilt
from service.settings import Settings
from tests.asset_events import Model, failure, recorded, reference, served, success
from tests.catching_up import opened_store
from tests.property.foldings import Folding, fold_by_turns, foldings

KEYS = ["s3://a", "s3://b", "s3://c", "nul\0", 'quote "\\', "ü🚀"]
keys = st.sampled_from(KEYS)
said = st.dictionaries(
    st.sampled_from(["name", "url", "owners"]), st.sampled_from(["", "x\0", "\x10", '["ü"]']), max_size=2
)
related = st.lists(keys, max_size=3)
quick = profile(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Told(Struct, frozen=True):
    """One asset event."""

    kind: str
    key: str
    upstream: list[str]
    labels: dict[str, str]

    def event(self) -> Event:
        match self.kind:
            case "referenced":
                return reference(self.key, **self.labels)
            case "succeeded":
                return success(self.key, *self.upstream, **self.labels)
            case _:
                return failure(self.key, *self.upstream, by="dbt", **self.labels)


histories = st.lists(
    st.builds(Told, st.sampled_from(["referenced", "succeeded", "failed"]), keys, related, said), max_size=25
)


def naive(history: Sequence[RecordedEvent]) -> tuple[dict[str, list[Any]], dict[tuple[str, ...], list[int]]]:
    """What is to be known of each asset, and the positions of each edge, told as simply as can be."""
    assets: dict[str, list[Any]] = {}
    edges: dict[tuple[str, ...], list[int]] = {}
    for each in history:
        resource, kind = each.event.resource, each.event.kind.rsplit(".", 1)[1]
        key = resource["prefect.resource.id"]
        upstream = [r["prefect.resource.id"] for r in each.event.related if r["prefect.resource.role"] == "asset"]
        for name in {key, *upstream}:
            assets.setdefault(name, [{}, each.position, 0, [], None])[2] = each.position
        labels, _, _, kinds, _ = assets[key]
        labels |= {label: text for label, text in resource.items() if label != "prefect.resource.id"}
        kinds.append(kind)
        if kind != "referenced":
            assets[key][4] = (each.position, kind)
        for name in {*upstream} - {key}:
            edges.setdefault((name, key), []).append(each.position)
    return assets, edges


def told(model: Model) -> tuple[dict[str, list[Any]], dict[tuple[str, ...], list[int]]]:
    """The same of the projection's rows."""
    assets: dict[str, list[Any]] = {}
    for row in model["assets"].values():
        asset = Asset(*shown(row))
        labels = {label: getattr(asset, field) for label, field in LABELS.items() if getattr(asset, field) is not None}
        kinds = ["failed"] * asset.failed + ["referenced"] * asset.referenced + ["succeeded"] * asset.succeeded
        last = None if asset.status is None else (asset.materialized_position, asset.status)
        assets[asset.key] = [labels, asset.first_position, asset.last_position, kinds, last]
    edges = [shown(row) for row in model["asset_edges"].values()]
    return assets, {(upstream, downstream): [first, last] for upstream, downstream, first, last in edges}


def shown(row: Row | None) -> list[Any]:
    return [restored(each) if isinstance(each, str) else each for each in row or ()]


def comparable(assets: dict[str, list[Any]], edges: dict[tuple[str, ...], list[int]]) -> Any:
    """Kinds in no order, and of an edge's positions the first and the last."""
    return (
        {key: [labels, first, last, sorted(kinds), made] for key, (labels, first, last, kinds, made) in assets.items()},
        {edge: (positions[0], positions[-1]) for edge, positions in edges.items()},
    )


@given(history=histories, foldings=foldings)
@quick
def test_however_it_is_folded_it_is_the_naive_fold(
    settings: Settings, history: list[Told], foldings: list[Folding]
) -> None:
    async def check() -> None:
        async with opened_store(settings.database) as store:
            log = uuid.uuid4().hex
            await recorded(store, reference("s3://first"), *(each.event() for each in history), log=log)
            await fold_by_turns(store, log, ASSET_PROJECTOR, foldings)
            expected = comparable(*naive(await store.read_all(log)))
            assert comparable(*told(await served(store, ASSET_PROJECTOR, log))) == expected
            *_, last = [step async for step in regenerate(store, log, ASSET_PROJECTOR, page_positions=4)]
            assert isinstance(last, Rebuilt)
            assert last.differences == 0
            assert comparable(*told(await served(store, ASSET_PROJECTOR, log))) == expected

    asyncio.run(check())
