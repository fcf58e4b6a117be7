"""The OpenAPI document: each artifact route says what it does and shows an example that works."""

from typing import Any

import httpx2
import pytest

from tests.openapi import DOCUMENT

SCHEMAS = DOCUMENT["components"]["schemas"]

ROUTES = [
    pytest.param(method, path, operation, id=f"{method.upper()} {path}")
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if path.startswith("/artifacts/")
]
WITH_BODY = [route for route in ROUTES if "requestBody" in route.values[2]]  # type: ignore[operator, index]


def example(content: dict[str, Any]) -> Any:
    """The example of a body: its own, or that of its schema."""
    if "example" in content:
        return content["example"]
    schema = content["schema"]
    schema = schema.get("anyOf", [schema])[0]
    if schema.get("type") == "array":
        return [example({"schema": schema["items"]})]
    if "anyOf" in schema:
        return example({"schema": schema["anyOf"][0]})
    return SCHEMAS[schema["$ref"].rsplit("/", 1)[1]]["examples"][0]


def json_of(part: dict[str, Any]) -> dict[str, Any]:
    return part["content"]["application/json"]


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES)
def test_a_route_says_what_it_does(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"].endswith(".")


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES)
def test_a_route_shows_its_answer(method: str, path: str, operation: dict[str, Any]) -> None:
    answers = {status: each for status, each in operation["responses"].items() if status.startswith("20")}
    assert all(example(json_of(each)) for status, each in answers.items() if status != "204")


@pytest.mark.parametrize(("method", "path", "operation"), WITH_BODY)
async def test_the_example_of_a_body_is_taken(
    method: str, path: str, operation: dict[str, Any], api: httpx2.AsyncClient
) -> None:
    made = (await api.post("/artifacts/", json={"key": "an-artifact"})).json()
    path = path.replace("{artifact_id}", made["id"]).replace("{key}", "an-artifact")
    response = await api.request(method, path, json=example(json_of(operation["requestBody"])))
    assert str(response.status_code) in operation["responses"], response.text
    assert response.status_code < 300, response.text


async def test_the_example_of_an_artifact_has_the_fields_of_one(api: httpx2.AsyncClient) -> None:
    made = (await api.post("/artifacts/", json={"key": "an-artifact"})).json()
    [collection] = (await api.post("/artifacts/latest/filter")).json()
    assert set(SCHEMAS["Artifact"]["examples"][0]) == set(made)
    assert set(SCHEMAS["ArtifactCollection"]["examples"][0]) == set(collection)
