"""A log in which each payload stands wherever an artifact, an event or a run can have it, published through the API."""

from typing import Any
from uuid import UUID

from tests.e2e.page.site import Site
from tests.payloads import PAYLOADS

NOON = "2026-11-21T12:00:00Z"
IN_AN_EVENT = [payload for payload in PAYLOADS if "\0" not in payload]
"""The labels of an event cannot have that character."""
FORMS = ("{}", "[{}](https://elsewhere.example)", "[a](<{}>)", "![a](<{}>)", "| a |\n| - |\n| {} |")
"""Where it may stand in Markdown: as text, as what a link says, where it leads, where an image is, in a cell."""
DOCUMENTS = ["\n\n".join(form.format(payload) for form in FORMS) for payload in PAYLOADS]
ROWS = [{"number": number, "<img>": payload, PAYLOADS[0]: [payload]} for number, payload in enumerate(PAYLOADS)]
OTHER_ROWS = [row | {"<img>": f"{row['<img>']} <b>"} for row in ROWS]
CLIENT = "<img src=x onerror=__xss=1>"


def poison(site: Site) -> dict[str, list[str]]:
    """Publish it all. The ids of what was published, by what it is."""
    site.api.headers["User-Agent"] = CLIENT
    tell(site, [_run(number, payload) for number, payload in enumerate(IN_AN_EVENT)])
    every = list(enumerate(PAYLOADS))
    ids = {
        "texts": publish(site, [_artifact(f"texts-{n}", payload, payload, payload, n) for n, payload in every]),
        "links": publish(site, [_artifact(f"links-{n}", "markdown", f"[{p}]({p})", p, n) for n, p in every]),
        "images": publish(site, [_artifact(f"images-{n}", "image", payload, payload, n) for n, payload in every]),
        "versions": publish(site, [_artifact("versions", "markdown", payload, payload, n) for n, payload in every]),
        "documents": publish(
            site, [_artifact(f"documents-{n}", "markdown", DOCUMENTS[n], payload, n) for n, payload in every]
        ),
        "tables": publish(site, [_artifact("table", "table", rows, CLIENT, 0) for rows in (ROWS, OTHER_ROWS)]),
    }
    tell(site, [_event(number, payload) for number, payload in enumerate(IN_AN_EVENT)])
    return ids


def publish(site: Site, artifacts: list[dict[str, Any]]) -> list[str]:
    answer = site.api.post("/artifacts/batch", json={"artifacts": artifacts})
    assert answer.status_code == 201, answer.text
    return [each["artifact"]["id"] for each in answer.json()]


def tell(site: Site, events: list[dict[str, Any]]) -> None:
    site.api.post("/events", json=events).raise_for_status()


def run_id(number: int) -> str:
    """Of the run whose name is the payload of this number."""
    return str(UUID(int=number))


def event_id(number: int) -> str:
    return str(UUID(int=10_000 + number))


def _artifact(key: str, type: str, data: Any, payload: str, number: int) -> dict[str, Any]:
    return {
        "key": key,
        "type": type,
        "data": data,
        "description": payload,
        "metadata_": {payload: payload},
        "flow_run_id": run_id(number),
    }


def _run(number: int, name: str) -> dict[str, Any]:
    """What Prefect says of a flow run. Its name, its state's and its flow's are the payload."""
    resource = {
        "prefect.resource.id": f"prefect.flow-run.{run_id(number)}",
        "prefect.resource.name": name,
        "prefect.state-name": name,
        "prefect.state-type": "RUNNING",
        "prefect.state-timestamp": NOON,
        "prefect.run-count": "1",
    }
    flow = {
        "prefect.resource.id": f"prefect.flow.{run_id(number)}",
        "prefect.resource.role": "flow",
        "prefect.resource.name": name,
    }
    id = str(UUID(int=20_000 + number))
    return {"occurred": NOON, "event": "prefect.flow-run.Running", "resource": resource, "related": [flow], "id": id}


def _event(number: int, payload: str) -> dict[str, Any]:
    """An event that is nothing but the payload; the first one has all of them."""
    resource = {"prefect.resource.id": payload, "prefect.resource.name": payload, payload: payload}
    return {
        "occurred": NOON,
        "event": payload,
        "resource": resource,
        "related": [resource | {"prefect.resource.role": payload}],
        "payload": {payload: PAYLOADS if number == 0 else payload},
        "id": event_id(number),
    }
