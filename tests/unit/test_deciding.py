"""From command to events: every row of the table in `docs/events.md`, pure."""

import pytest

from service.deciding.commands import ArtifactNotFound, CollectionNotFound, VersionMismatch
from tests.unit.deciding import MINUTE, Story, artifact_id, kinds


@pytest.fixture
def story() -> Story:
    return Story()


def test_the_first_artifact_of_a_key_creates_its_collection(story: Story) -> None:
    assert kinds(story.create("k")) == ["artifact.created", "artifact-collection.created"]


def test_the_next_artifact_of_a_key_updates_its_collection(story: Story) -> None:
    story.create("k")
    assert kinds(story.create("k")) == ["artifact.created", "artifact-collection.updated"]


def test_an_artifact_without_a_key_has_no_collection(story: Story) -> None:
    assert kinds(story.create()) == ["artifact.created"]


def test_the_empty_key_is_a_key(story: Story) -> None:
    assert kinds(story.create("")) == ["artifact.created", "artifact-collection.created"]


def test_an_update_of_the_latest_updates_its_collection(story: Story) -> None:
    latest = artifact_id(story.create("k"))
    assert kinds(story.update(latest, data="1")) == ["artifact.updated", "artifact-collection.updated"]


def test_an_update_of_an_older_one_leaves_the_collection(story: Story) -> None:
    older = artifact_id(story.create("k"))
    story.create("k")
    assert kinds(story.update(older, data="1")) == ["artifact.updated"]


def test_an_update_without_a_key_is_the_artifacts_alone(story: Story) -> None:
    assert kinds(story.update(artifact_id(story.create()), data="1")) == ["artifact.updated"]


def test_deleting_the_latest_falls_back_to_the_newest_remaining(story: Story) -> None:
    story.create("k")
    heir = artifact_id(story.create("k"))
    latest = artifact_id(story.create("k"))
    deleted, updated = story.delete(latest)
    assert kinds([deleted, updated]) == ["artifact.deleted", "artifact-collection.updated"]
    assert (updated.event.outcome.latest_before, updated.event.outcome.latest_after) == (latest, heir)


def test_deleting_an_older_one_leaves_the_collection(story: Story) -> None:
    older = artifact_id(story.create("k"))
    story.create("k")
    assert kinds(story.delete(older)) == ["artifact.deleted"]


def test_deleting_the_only_one_deletes_the_collection(story: Story) -> None:
    only = artifact_id(story.create("k"))
    assert kinds(story.delete(only)) == ["artifact.deleted", "artifact-collection.deleted"]
    assert story.collection("k") is None


def test_a_key_that_comes_back_has_a_new_collection(story: Story) -> None:
    _, before = story.create("k")
    story.delete_all("k")
    _, after = story.create("k")
    assert kinds([after]) == ["artifact-collection.created"]
    assert after.stream != before.stream


def test_deleting_a_key_deletes_every_version_and_then_the_collection(story: Story) -> None:
    ids = [artifact_id(story.create("k")) for _ in range(3)]
    *deleted, ended = story.delete_all("k")
    assert [draft.stream.id for draft in deleted] == ids
    assert kinds([*deleted, ended]) == ["artifact.deleted"] * 3 + ["artifact-collection.deleted"]
    assert story.artifacts() == []


def test_what_is_not_there_cannot_be_changed(story: Story) -> None:
    gone = artifact_id(story.create("k"))
    story.delete(gone)
    for change in (story.update, story.delete):
        with pytest.raises(ArtifactNotFound):
            change(gone)
    with pytest.raises(CollectionNotFound):
        story.delete_all("k")


def test_a_change_of_another_version_is_refused(story: Story) -> None:
    changed = artifact_id(story.create("k"))
    story.update(changed, data="1")
    with pytest.raises(VersionMismatch) as refusal:
        story.delete(changed, expected_version=1)
    assert (refusal.value.expected, refusal.value.actual) == (1, 2)


def test_an_update_keeps_what_it_does_not_name(story: Story) -> None:
    created = story.create("k", data="1", description='"d"')
    story.update(artifact_id(created), data="2")
    [row] = story.artifacts()
    assert (row.data_position, row.description_position, row.metadata_position) == (3, 1, 1)


def test_an_update_without_changes_still_takes_a_version(story: Story) -> None:
    created = artifact_id(story.create("k"))
    updated = story.update(created)[0]
    assert (updated.version, updated.event.content) == (2, "{}")


def test_a_new_collection_and_its_artifact_are_of_the_same_moment(story: Story) -> None:
    created, collected = story.create("k")
    for outcome in (created.event.outcome, collected.event.outcome):
        assert outcome.created == outcome.updated == created.event.occurred


def test_the_collection_event_points_at_the_body_and_has_none(story: Story) -> None:
    _, collected = story.create("k", data='"large"')
    assert collected.event.content is None
    assert collected.event.outcome.data_position == 1


def test_the_collection_event_names_the_latest_artifact_and_its_runs(story: Story) -> None:
    created, collected = story.create("k", flow_run_id="f", task_run_id="t")
    runs = (
        {"prefect.resource.id": "prefect.flow-run.f", "prefect.resource.role": "flow-run"},
        {"prefect.resource.id": "prefect.task-run.t", "prefect.resource.role": "task-run"},
    )
    latest = {"prefect.resource.id": f"prefect.artifact.{created.stream.id}", "prefect.resource.role": "latest"}
    assert created.event.related == runs
    assert collected.event.related == (latest, *runs)


def test_what_is_known_of_the_runs_is_related_from_the_first_event_of_an_artifact_to_its_last(story: Story) -> None:
    named = ({"prefect.resource.id": "prefect.flow-run.f", "prefect.resource.role": "flow-run", "name": "fox"},)
    created, collected = story.create("k", flow_run_id="f", related=named)
    updated, deleted = story.update(created.stream.id, data="1")[0], story.delete(created.stream.id)[0]
    assert [draft.event.related for draft in (created, updated, deleted)] == [named] * 3
    assert "name" not in collected.event.related[1]


def test_all_artifacts_of_a_key_that_is_deleted_relate_to_their_own_runs(story: Story) -> None:
    for run in "ab":
        story.create("k", flow_run_id=run, related=({"prefect.resource.id": run},))
    *deleted, _ = story.delete_all("k")
    assert [draft.event.related[0]["prefect.resource.id"] for draft in deleted] == ["a", "b"]


def test_events_are_about_their_artifact_and_their_collection(story: Story) -> None:
    created, collected = story.create("k")
    assert created.event.resource == {
        "prefect.resource.id": f"prefect.artifact.{created.stream.id}",
        "prefect.resource.name": "k",
    }
    assert collected.event.resource == {
        "prefect.resource.id": f"prefect.artifact-collection.{collected.stream.id}",
        "prefect.resource.name": "k",
    }


def test_an_event_follows_the_one_before_it_in_its_stream(story: Story) -> None:
    created, collected = story.create("k")
    updated, collected_again = story.update(artifact_id([created]), data="1")
    assert (created.event.follows, collected.event.follows) == (None, None)
    assert (updated.event.follows, collected_again.event.follows) == (created.event.id, collected.event.id)


def test_an_event_of_five_minutes_ago_is_not_followed(story: Story) -> None:
    created = artifact_id(story.create("k"))
    story.wait(5 * MINUTE)
    assert [draft.event.follows for draft in story.update(created, data="1")] == [None, None]
