"""The OpenAPI document: FastAPI's, and what direct routes refer to beside it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from projections.filters import ArtifactCount, ArtifactListing, CollectionCount, CollectionListing
from service.api.maintenance import NewKey
from service.schemas.archive import ArchiveAsked
from service.schemas.artifacts import ArtifactCreate, ArtifactUpdate, BatchCreate
from service.schemas.erasures import ErasureAsked
from service.schemas.events import EventCounting, EventSearch, OutsideEvents
from service.schemas.history import RestoreArtifact, RestoreKey
from service.schemas.imports import ImportPage
from service.schemas.retention import PolicyPut
from service.schemas.subscriptions import Ack, Extend, Fetch, Nack, Replay, SubscriptionPut

REQUEST_BODIES = (
    ArtifactCreate,
    ArtifactUpdate,
    ArtifactListing,
    ArtifactCount,
    CollectionListing,
    CollectionCount,
    BatchCreate,
    RestoreArtifact,
    RestoreKey,
    OutsideEvents,
    EventSearch,
    EventCounting,
    SubscriptionPut,
    Fetch,
    Ack,
    Nack,
    Extend,
    Replay,
    NewKey,
    ImportPage,
    ErasureAsked,
    PolicyPut,
    ArchiveAsked,
)
"""The bodies of requests that direct routes take. They read them by themselves, so FastAPI does not know of them."""

CREDENTIALS = {
    "auth-string": {"type": "http", "scheme": "basic", "description": "DIGSITE_API_AUTH_STRING, if it is set."},
    "api-key": {"type": "http", "scheme": "bearer", "description": "A key made with `digsite-server keys create`."},
}


def document_of(api: FastAPI) -> dict[str, Any]:
    """The document, made once for an application."""
    if api.openapi_schema is None:
        schema = get_openapi(title=api.title, version=api.version, summary=api.summary, routes=api.routes)
        _, bodies = models_json_schema(
            [(model, "validation") for model in REQUEST_BODIES], ref_template="#/components/schemas/{model}"
        )
        schema["components"]["schemas"].update(bodies["$defs"])
        schema["components"]["securitySchemes"] = CREDENTIALS
        schema["security"] = [{}, *({name: []} for name in CREDENTIALS)]
        api.openapi_schema = schema
    return api.openapi_schema
