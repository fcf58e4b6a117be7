"""The export into the database of a Prefect server that is stopped: one that Prefect made, and reads itself."""

import shutil
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from uuid import uuid4

import httpx2
import pytest

from events.stores import open_reader
from service.moving.export import Asked, Wanted, export
from service.moving.export_opening import opened_export
from service.moving.held import Holdings
from service.moving.targets.database import DatabaseTarget, OtherPrefectRelease
from service.moving.targets.databases import database_at
from service.moving.targets.target import TargetUnusable
from service.moving.whereabouts import Whereabouts
from service.parts import Parts
from service.settings import Settings
from tests.bridging import happened
from tests.exporting import Pipeline, Shown, counts, differences, exported, rows_of, shown_by
from tests.prefects import PrefectServer, template


@pytest.fixture
def home(prefect_python: Path, tmp_path: Path) -> Path:
    """The home of a Prefect server that was never used."""
    return Path(shutil.copytree(template(prefect_python), tmp_path / "prefect"))


@pytest.fixture
def there(home: Path) -> Whereabouts:
    return Whereabouts(database_url=f"sqlite:///{home / 'prefect.db'}")


@pytest.fixture
def pipeline(api: httpx2.AsyncClient) -> Pipeline:
    return Pipeline(api)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is read from is asked of both databases elsewhere: the way of writing is the same."""
    return sqlite_url


async def latest_of(whither: Whereabouts, *keys: str) -> dict[str, str | None]:
    target = DatabaseTarget(database_at(str(whither.database_url)))
    await target.open(writing=False)
    found = await target.find_collections(keys)
    await target.close()
    return {key: collection.latest_id for key, collection in found.items()}


async def test_prefect_shows_what_digsite_shows(
    settings: Settings,
    there: Whereabouts,
    home: Path,
    pipeline: Pipeline,
    api: httpx2.AsyncClient,
    prefect_python: Path,
) -> None:
    await pipeline.history()
    await exported(settings, there)
    with PrefectServer(prefect_python, home) as prefect:
        async with shown_by(prefect.url) as client:
            here, gone_over = Shown(api), Shown(client)
            for sort in ("CREATED_DESC", "UPDATED_DESC", "ID_DESC"):
                assert await gone_over.artifacts(sort=sort) == await here.artifacts(sort=sort)
            assert await gone_over.collections() == await here.collections()
            assert await gone_over.events() == await here.events()


async def test_a_second_export_writes_nothing(settings: Settings, there: Whereabouts, pipeline: Pipeline) -> None:
    await pipeline.history()
    first, second = await exported(settings, there), await exported(settings, there)
    assert counts(first)["artifacts"][1:] == counts(first)["events"][1:] == (0, 0)
    assert {name: each[:2] for name, each in counts(second).items()} == {"artifacts": (0, 0), "events": (0, 0)}
    assert counts(second)["artifacts"][2] == counts(first)["artifacts"][0] == 17


async def test_a_second_export_writes_what_is_new_and_what_was_changed(
    settings: Settings, there: Whereabouts, pipeline: Pipeline
) -> None:
    id = await pipeline.create("key")
    await exported(settings, there)
    await pipeline.update(id, data="changed")
    await pipeline.create("key")
    done = await exported(settings, there)
    assert counts(done) == {"artifacts": (1, 1, 0), "events": (4, 0, 2)}
    assert await differences(settings, there) == []


async def test_what_was_deleted_since_is_named_and_deleted_if_so_asked(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, home: Path
) -> None:
    ids = [await pipeline.create(key) for key in ("key", "key", "other")]
    await exported(settings, there)
    for id in ids[1:]:
        await pipeline.delete(id)
    await exported(settings, there)
    named = "".join(await differences(settings, there))
    assert all(f"Artifact {id} was deleted here" in named for id in ids[1:])
    await exported(settings, there, deleting=True)
    assert await differences(settings, there) == []
    assert (rows_of(home / "prefect.db", "artifact"), rows_of(home / "prefect.db", "artifact_collection")) == (1, 1)


async def test_an_export_that_was_interrupted_goes_on_where_it_was(
    settings: Settings, there: Whereabouts, pipeline: Pipeline
) -> None:
    await pipeline.history()
    async with opened_export(settings, "default", there, writing=True) as (holdings, target):
        page = await anext(aiter(holdings.artifacts()))
        await target.write([(held, None) for held in page[:10]])
        _, events = await anext(aiter(holdings.events(["prefect.artifact."])))
        await target.write_events(events[:10])
    done = await exported(settings, there)
    assert (done.artifacts.new, done.artifacts.same) == (7, 10)
    assert done.events.same == 10
    assert await differences(settings, there) == []


async def test_what_is_written_meanwhile_is_not_in_the_cut(
    settings: Settings, there: Whereabouts, pipeline: Pipeline
) -> None:
    kept, changed, deleted = [await pipeline.create("key", each) for each in ("kept", "before", "deleted later")]
    async with opened_export(settings, "default", there, writing=True) as (holdings, target):
        await pipeline.update(changed, data="after")
        await pipeline.delete(deleted)
        await pipeline.create("key", "new")
        cut = [held async for page in holdings.artifacts() for held in page]
        told = [event.position async for _, page in holdings.events([""]) for event in page]
        await export(holdings, target, Asked(), lambda *_: None)
        again = await export(holdings, target, Asked(writing=False), lambda *_: None)
    assert [(held.id, held.data) for held in cut] == [
        (kept, '"kept"'),
        (changed, '"before"'),
        (deleted, '"deleted later"'),
    ]
    assert told == list(range(1, holdings.head + 1))
    assert again.differences.count == 0


async def test_what_prefect_cannot_give_back_is_named_and_left_out(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, home: Path
) -> None:
    stays, too_large = await pipeline.create("key"), await pipeline.create_raw("9" * 400, key="key")
    await pipeline.create_raw("9" * 400, key="alone")
    done = await exported(settings, there)
    assert done.left_out.count == done.artifacts.left_out == 2
    assert (
        done.left_out.names[0]
        == f"Artifact {too_large} was left out: its data is a number beyond what a double can be."
    )
    assert await differences(settings, there) == []
    assert await latest_of(there, "key", "alone") == {"key": stays}


async def test_a_newer_artifact_of_the_server_s_own_stays_the_latest(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, home: Path
) -> None:
    id, own = await pipeline.create("key"), str(uuid4())
    await exported(settings, there)
    with closing(connect(home / "prefect.db")) as connection, connection:
        connection.execute("INSERT INTO artifact (id, key, created) VALUES (?, 'key', '2099-01-01 00:00:00')", (own,))
        connection.execute("UPDATE artifact_collection SET latest_id = ?", (own,))
    await pipeline.update(id, data="changed")
    await exported(settings, there)
    assert await latest_of(there, "key") == {"key": own}
    assert await differences(settings, there) == ["The collection of key is there, but not as it is here."]


async def test_a_dry_run_writes_nothing_and_says_what_would_be_written(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, home: Path
) -> None:
    await pipeline.history()
    before = (home / "prefect.db").read_bytes()
    looked = await exported(settings, there, writing=False, events=Wanted.ALL)
    assert (home / "prefect.db").read_bytes() == before
    assert counts(looked) == counts(await exported(settings, there, events=Wanted.ALL))


async def test_events_go_along_as_they_were_asked_for(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, home: Path
) -> None:
    await pipeline.create("key")
    await pipeline.state(
        {**_other_event(), "event": "ship.sailed"}, {**_other_event(), "event": "prefect.asset.referenced"}
    )
    numbers = []
    for events in Wanted.NONE, Wanted.OWN, Wanted.ALL:
        await exported(settings, there, events=events)
        numbers.append(rows_of(home / "prefect.db", "events"))
    assert numbers == [0, 3, 4]


def _other_event() -> dict[str, object]:
    return happened(resource={"prefect.resource.id": "ship.ada"})


async def test_a_difference_is_named(settings: Settings, there: Whereabouts, pipeline: Pipeline, home: Path) -> None:
    changed, gone = await pipeline.create("a"), await pipeline.create("b")
    await exported(settings, there)
    with closing(connect(home / "prefect.db")) as connection, connection:
        connection.execute("UPDATE artifact SET data = '\"other\"' WHERE id = ?", (changed,))
        connection.execute("DELETE FROM artifact WHERE id = ?", (gone,))
        connection.execute("UPDATE events SET payload = '{}' WHERE event = 'prefect.artifact.created'")
    lines = await differences(settings, there)
    assert lines[:2] == [
        f"Artifact {changed} (a) is there, but not as it is here.",
        f"Artifact {gone} (b) is not there.",
    ]
    assert len([line for line in lines if line.startswith("Event ")]) == 2


async def test_a_file_that_a_server_has_open_is_refused(
    settings: Settings, there: Whereabouts, home: Path, parts: Parts
) -> None:
    with closing(connect(home / "prefect.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT * FROM artifact").fetchall()
        with pytest.raises(TargetUnusable, match="Stop the Prefect server"):
            await exported(settings, there)


async def test_tables_of_another_release_are_refused(
    settings: Settings, there: Whereabouts, parts: Parts, home: Path
) -> None:
    with closing(connect(home / "prefect.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'abcdef012345'")
    with pytest.raises(OtherPrefectRelease, match=r"at revision abcdef012345; .* Prefect 3\.9\.1"):
        await exported(settings, there)


@pytest.mark.parametrize("path", ["nothing.db", "digsite.db"])
async def test_what_is_no_prefect_server_s_database_is_refused(settings: Settings, parts: Parts, path: str) -> None:
    with pytest.raises(TargetUnusable):
        await exported(settings, Whereabouts(database_url=f"sqlite:///{settings.home / path}"), writing=False)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "mysql://x/y", "prefect.db", ""])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(TargetUnusable):
        database_at(url)


async def test_the_log_is_read_beside_its_writer_and_never_written(settings: Settings, pipeline: Pipeline) -> None:
    id = await pipeline.create("key")
    store = open_reader(settings.database)
    await store.open()
    holdings = await Holdings(store, "default").open()
    await pipeline.create("key")
    assert [held.id async for page in holdings.artifacts() for held in page] == [id]
    holdings.close()
    await store.close()
