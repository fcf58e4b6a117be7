"""Digsite's artifacts are put into the graph that the upstream has drawn."""

import json
from typing import Any

import pytest

from projections.graph import GraphArtifact
from service.upstream.graph import flow_run_of, with_artifacts

TASK = "22222222-2222-2222-2222-222222222222"
SECOND = 1_000_000


def made(id: str, at_s: int, task: str | None = None, **fields: Any) -> GraphArtifact:
    """An artifact of a flow run, made at a second of 1970."""
    facts: dict[str, Any] = {"key": None, "type": "markdown", "latest_of": None, "body": None} | fields
    return GraphArtifact(id=id, created=at_s * SECOND, task_run_id=task, **facts)


def theirs(id: str, at_s: float) -> dict[str, Any]:
    return {"id": id, "created": f"1970-01-01T00:00:0{at_s}Z", "anything": 1.0}


def graph(*artifacts: dict[str, Any], of_task: tuple[dict[str, Any], ...] = ()) -> bytes:
    node = {"id": TASK, "label": "t-0", "artifacts": list(of_task)}
    drawn = {"start_time": None, "nodes": [[TASK, node]], "artifacts": list(artifacts), "states": [{"x": 1.50}]}
    return json.dumps(drawn).encode()


def ids(fields: dict[str, Any]) -> list[str]:
    return [artifact["id"] for artifact in fields["artifacts"]]


def test_an_artifact_is_shown_at_the_task_run_that_made_it_or_at_the_flow_run() -> None:
    drawn = json.loads(with_artifacts(graph(), [made("a", 1), made("b", 2, TASK), made("c", 3, "unknown")]))
    assert (ids(drawn), ids(drawn["nodes"][0][1])) == (["a"], ["b"])


def test_those_of_the_upstream_stay_and_all_are_in_the_order_of_their_making() -> None:
    ours = [made("a", 1), made("b", 3), made("c", 4)]
    drawn = json.loads(with_artifacts(graph(theirs("x", 2), theirs("b", 3.5)), ours))
    assert ids(drawn) == ["a", "x", "b", "c"]
    assert drawn["artifacts"][1] == theirs("x", 2)


def test_all_else_in_the_graph_stays_as_it_is() -> None:
    drawn = with_artifacts(graph(theirs("x", 2)), [])
    assert json.loads(drawn) == json.loads(graph(theirs("x", 2)))
    assert b'"x": 1.5' in drawn


def test_what_is_shown_of_an_artifact() -> None:
    body = '{"data":50.0,"description":null,"metadata_":null}'
    keyed = made("a", 1, key="k", type="progress", body=body)
    [shown] = json.loads(with_artifacts(graph(), [keyed]))["artifacts"]
    assert shown == {
        "id": "a",
        "created": "1970-01-01T00:00:01Z",
        "key": "k",
        "type": "progress",
        "is_latest": False,
        "data": 50.0,
    }


@pytest.mark.parametrize(("key", "latest_of", "is_latest"), [(None, None, True), ("k", None, False), ("k", "c", True)])
def test_what_has_no_later_version_is_the_latest(key: str | None, latest_of: str | None, is_latest: bool) -> None:
    [shown] = json.loads(with_artifacts(graph(), [made("a", 1, key=key, latest_of=latest_of)]))["artifacts"]
    assert shown["is_latest"] == is_latest


@pytest.mark.parametrize("drawn", [b"", b"null", b"[]", b"{}", b"\xff", b'{"nodes":[],"artifacts":[{}]}', b"<html>"])
def test_what_is_no_graph_stays_as_it_is(drawn: bytes) -> None:
    assert with_artifacts(drawn, [made("a", 1)]) == drawn


def test_a_graph_has_one_address() -> None:
    id = "0199D5C4-1c2e-7a31-b0d2-6a7f4e1c9a55"
    assert flow_run_of(f"/flow_runs/{id}/graph-v2") == id.lower()
    assert [flow_run_of(path) for path in (f"/flow_runs/{id}/graph", "/flow_runs/x/graph-v2", "")] == [None] * 3
