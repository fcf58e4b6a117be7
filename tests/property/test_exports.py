"""Over random histories: what is exported and imported is the same log, on both databases and across them."""

import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from events.stores import open_store
from events.stores.sql import SqlStore
from projections import INLINE
from service.exports import exporting, holdings, segments
from service.exports.manifest import Encoding
from service.parts import Parts
from tests.exports import erase, everything, exported, imported, outside
from tests.property.histories import Step, histories, live

quick = profile(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pages, segments and batches of little."""
    monkeypatch.setattr(holdings, "PAGE_EVENTS", 5)
    monkeypatch.setattr(holdings, "SMALL_CHARACTERS", 12)
    monkeypatch.setattr(exporting, "SEGMENT_EVENTS_MAX", 7)
    monkeypatch.setattr(segments, "BATCH_EVENTS_MAX", 3)


@pytest.fixture
def target_url(request: pytest.FixtureRequest, database_url: str, sqlite_template: Path, tmp_path: Path) -> str:
    """A database of the other kind."""
    if database_url.startswith("sqlite"):
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'target.db')}"


@pytest.fixture
async def target(target_url: str) -> AsyncIterator[SqlStore]:
    store = open_store(target_url, INLINE)
    await store.open()
    yield store
    await store.close()


@given(
    history=histories,
    bodies=st.sets(st.integers(1, 20)),
    encoding=st.sampled_from(Encoding),
)
@quick
async def test_an_export_that_is_imported_is_the_same_log(
    parts: Parts,
    target: SqlStore,
    tmp_path: Path,
    history: list[list[Step]],
    bodies: set[int],
    encoding: Encoding,
) -> None:
    log = uuid.uuid4().hex
    await live(parts, log, history)
    await outside(parts, log, 4)
    head = (await parts.store.head(log)).position
    await erase(parts.store, log, [each for each in bodies if each <= head], [head])
    await exported(parts.store, tmp_path / log, log=log, encoding=encoding)
    await imported(target, tmp_path / log)
    assert await everything(target, log) == await everything(parts.store, log)
