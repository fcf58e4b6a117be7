"""Given events of runs, then what is known of them. Each is folded twice, and in both directions: nothing changes."""

import json
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from events.event import Event
from projections.runs import RUN_PROJECTOR, Deployment, Flow, FlowRun, TaskRun
from projections.runs.values import RUN_TAGS_MAX, RUN_TEXT_MAX
from tests.asset_events import folded, placed
from tests.run_events import (
    DEPLOYMENT_ID,
    FLOW_ID,
    MINUTE,
    NOON,
    OF_DEPLOYMENT,
    PARENT_TASK,
    POOL_ID,
    QUEUE_ID,
    RUN,
    TASK,
    deployment,
    deployment_observed,
    flow,
    flow_observed,
    flow_run,
    flow_run_observed,
    moment,
    related,
    task_run,
    task_run_observed,
)


class Then:
    """What is known after these events."""

    def __init__(self, *events: Event) -> None:
        history = placed(events)
        model = folded(RUN_PROJECTOR, history)
        assert folded(RUN_PROJECTOR, history, model) == model
        assert folded(RUN_PROJECTOR, history[::-1]) == model
        rows = {name: [row for row in rows.values() if row] for name, rows in model.items()}
        self.flow_runs = {run.id: run for run in (FlowRun(*row) for row in rows["flow_runs"])}
        self.task_runs = {run.id: run for run in (TaskRun(*row) for row in rows["task_runs"])}
        self.flows = {each.id: each for each in (Flow(*row) for row in rows["flows"])}
        self.deployments = {each.id: each for each in (Deployment(*row) for row in rows["deployments"])}

    @property
    def run(self) -> FlowRun:
        return self.flow_runs[RUN]

    @property
    def task(self) -> TaskRun:
        return self.task_runs[TASK]


def facts(of: Any, *names: str) -> list[Any]:
    return [asdict(of)[name] for name in names]


# flow runs


def test_a_change_of_state_says_the_run_its_state_and_its_flow() -> None:
    then = Then(flow_run("Running", NOON))
    assert facts(then.run, "name", "state_type", "state_name", "state_timestamp", "run_count") == [
        *("helpful-narwhal", "RUNNING", "Running", NOON, 1)
    ]
    assert then.run.flow_id == FLOW_ID
    assert then.flows[FLOW_ID].name == "etl"


def test_a_run_of_a_deployment_is_known_with_its_deployment_queue_and_pool() -> None:
    then = Then(flow_run("Scheduled", belongs=OF_DEPLOYMENT))
    assert facts(then.run, "deployment_id", "work_queue_id", "work_queue_name", "work_pool_id", "work_pool_name") == [
        *(DEPLOYMENT_ID, QUEUE_ID, "default", POOL_ID, "pool")
    ]
    assert then.deployments[DEPLOYMENT_ID].name == "nightly"


def test_a_state_that_users_have_named_is_one() -> None:
    assert facts(Then(flow_run("Fuming", type="RUNNING")).run, "state_type", "state_name") == ["RUNNING", "Fuming"]


def test_an_older_state_that_comes_late_changes_nothing() -> None:
    then = Then(flow_run("Completed", NOON + MINUTE), flow_run("Running", NOON))
    assert facts(then.run, "state_type", "start_time", "end_time") == ["COMPLETED", NOON, NOON + MINUTE]


def test_a_run_begins_with_its_first_running_state_and_has_no_end_while_it_runs_again() -> None:
    then = Then(flow_run("Running", NOON), flow_run("Failed", NOON + 1), flow_run("Retrying", NOON + 2, type="RUNNING"))
    assert facts(then.run, "start_time", "end_time", "state_name") == [NOON, None, "Retrying"]


def test_a_subflow_is_known_by_the_task_run_that_it_runs_in() -> None:
    then = Then(flow_run("Running", belongs=(related("flow", FLOW_ID), related("task-run", PARENT_TASK, "child-0"))))
    assert then.run.parent_task_run_id == PARENT_TASK


def test_the_tags_beside_an_event_are_not_taken_for_the_runs_own() -> None:
    assert Then(flow_run("Running", belongs=OF_DEPLOYMENT)).run.tags is None


def test_an_event_without_the_flow_says_nothing_of_where_the_run_belongs() -> None:
    then = Then(flow_run("Running", NOON, belongs=OF_DEPLOYMENT), flow_run("Completed", NOON + 1, belongs=()))
    assert facts(then.run, "state_type", "deployment_id", "flow_id") == ["COMPLETED", DEPLOYMENT_ID, FLOW_ID]


def test_what_users_emit_in_the_name_of_a_run_is_no_state() -> None:
    event = replace(flow_run("Running"), resource={"prefect.resource.id": f"prefect.flow-run.{RUN}"})
    assert Then(event).flow_runs == {}


def test_an_id_that_is_no_uuid_is_left_out() -> None:
    assert Then(flow_run("Running", id="7")).flow_runs == {}


# observations of flow runs


def test_an_observation_says_what_events_do_not() -> None:
    by = {"id": DEPLOYMENT_ID, "type": "DEPLOYMENT", "display_value": "nightly"}
    observed = flow_run_observed(tags=("mine",), flow_version="v7", idempotency_key="k", parent_task_run_id=PARENT_TASK)
    observed = replace(observed, content=json.dumps({**json.loads(observed.content or ""), "created_by": by}))
    then = Then(flow_run("Pending", NOON - 1), observed)
    assert facts(then.run, "tags", "flow_version", "idempotency_key", "created_by_type", "created_by_id") == [
        *('["mine"]', "v7", "k", "DEPLOYMENT", DEPLOYMENT_ID)
    ]
    assert then.run.parent_task_run_id == PARENT_TASK


def test_of_two_observations_the_one_of_the_later_state_counts() -> None:
    assert Then(flow_run_observed(NOON + 1, tags=("b",)), flow_run_observed(NOON, tags=("a",))).run.tags == '["b"]'


def test_a_run_that_was_renamed_has_its_new_name() -> None:
    assert Then(flow_run_observed(NOON + 1, name="new"), flow_run("Running", NOON, name="old")).run.name == "new"
    assert Then(flow_run_observed(NOON, name="old"), flow_run("Running", NOON + 1, name="new")).run.name == "new"


def test_an_observed_state_says_its_times_exactly() -> None:
    seen = flow_run_observed(NOON + 9, ("COMPLETED", NOON + 5), end_time=moment(NOON + 4), start_time=moment(NOON))
    then = Then(flow_run("Completed", NOON + 5), seen)
    assert facts(then.run, "start_time", "end_time") == [NOON, NOON + 4]


def test_the_next_scheduled_time_is_known_until_the_run_leaves_that_state() -> None:
    seen = flow_run_observed(NOON, ("SCHEDULED", NOON), next_scheduled_start_time=moment(NOON + MINUTE))
    assert Then(flow_run("Scheduled", NOON), seen).run.next_scheduled_start_time == NOON + MINUTE
    assert Then(flow_run("Pending", NOON + 1), seen).run.next_scheduled_start_time is None


# task runs


def test_a_task_run_is_known_from_its_event_and_its_body() -> None:
    times = {"expected_start_time": moment(NOON).isoformat(), "start_time": moment(NOON + 1).isoformat()}
    then = Then(task_run("Running", NOON + 1, tags=["a", "b"], **times))
    assert facts(then.task, "name", "flow_run_id", "state_type", "run_count") == ["t-d3e", RUN, "RUNNING", 1]
    assert facts(then.task, "tags", "task_key", "expected_start_time", "start_time", "end_time") == [
        *('["a","b"]', "t-1", NOON, NOON + 1, None)
    ]


def test_of_a_task_run_whose_body_was_erased_the_header_still_tells() -> None:
    then = Then(task_run("Running", NOON, tags=["a"]), replace(task_run("Completed", NOON + 1), content=None))
    assert facts(then.task, "state_type", "tags") == ["COMPLETED", '["a"]']


@pytest.mark.parametrize("content", ["", "[]", '{"task_run":7}', '{"task_run":{"tags":[1]}}'])
def test_a_body_of_another_form_says_nothing(content: str) -> None:
    then = Then(replace(task_run("Running"), content=content))
    assert facts(then.task, "state_type", "tags") == ["RUNNING", None]


def test_a_task_run_that_only_the_upstream_knows_is_observed() -> None:
    then = Then(task_run_observed(NOON, ("COMPLETED", NOON), end_time=moment(NOON), tags=("x",)))
    assert facts(then.task, "flow_run_id", "state_type", "end_time", "tags") == [RUN, "COMPLETED", NOON, '["x"]']


# flows and deployments


def test_a_flow_says_its_own_tags() -> None:
    then = Then(flow("created", NOON, tags=("a",)), flow("updated", NOON + 1, name="elt", tags=("b",)))
    assert facts(then.flows[FLOW_ID], "name", "tags", "deleted") == ["elt", '["b"]', None]
    assert Then(flow_observed(tags=("c",))).flows[FLOW_ID].tags == '["c"]'


def test_what_was_deleted_stays_deleted_whatever_comes_late() -> None:
    then = Then(
        flow("deleted", NOON), deployment("deleted", NOON), flow_run("Running", NOON - 9, belongs=OF_DEPLOYMENT)
    )
    assert (then.flows[FLOW_ID].deleted, then.deployments[DEPLOYMENT_ID].deleted) == (NOON, NOON)


def test_a_deployment_is_observed() -> None:
    then = Then(deployment(), deployment_observed(tags=("d",), paused=True, work_queue_name="fast"))
    assert facts(then.deployments[DEPLOYMENT_ID], "name", "flow_id", "tags", "paused", "work_queue_name") == [
        *("nightly", FLOW_ID, '["d"]', 1, "fast")
    ]


# limits


def test_texts_are_cut_and_tags_are_counted() -> None:
    then = Then(flow_run_observed(name="n" * (RUN_TEXT_MAX + 1), tags=("t",) * (RUN_TAGS_MAX + 1)))
    assert (len(then.run.name or ""), len(json.loads(then.run.tags or ""))) == (RUN_TEXT_MAX, RUN_TAGS_MAX)
