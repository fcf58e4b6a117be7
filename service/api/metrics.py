"""`/metrics`: the server's measurements, for Prometheus."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from service.api.direct import GUARDED, UNAVAILABLE, DirectRoute, Responses
from service.metrics import exposition
from service.parts import parts_of

TEXT: Responses = {200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}}}

router = APIRouter(route_class=DirectRoute, tags=["Server"], responses=GUARDED | UNAVAILABLE)


@router.get("/metrics", response_class=Response, responses=TEXT)
async def read_metrics(request: Request) -> Response:
    """Counts and lags: of the writer, the live subscribers, the named subscriptions and the projections.

    Also at `/metrics`, where Prometheus looks by itself.
    """
    parts = parts_of(request)
    text = await exposition(parts.store, parts.writer, parts.feeds)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})
