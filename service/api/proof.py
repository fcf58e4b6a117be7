"""Proofs: a signed checkpoint of a log, an event in it, and that a later one goes on from an earlier one."""

from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from events.clock import as_text
from projections.checkpoints import serving
from service.api.direct import GUARDED, UNAVAILABLE, DirectRoute, Responses, documented
from service.api.exchange import POSITION, answer, invalid_parameter
from service.api.log import NOT_FOUND, POSITION_IN_PATH, position_in
from service.context import context_of
from service.parts import parts_of
from service.schemas.proof import ConsistencyShown, EventProofShown, FaultShown, InspectionShown, VerificationShown
from service.schemas.refusals import InvalidRequest, Problem
from service.verification.inspections import Inspection, inspections
from service.verification.inspector import NAME

CHECKPOINT, FROM, TO = "checkpoint", "from", "to"
SIZE_MAX = 10**18 - 1
"""Largest tree size that can be asked for."""

router = APIRouter(route_class=DirectRoute, tags=["Proof"], responses=GUARDED | UNAVAILABLE)

_SIZE: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": SIZE_MAX}
OF_EVENT = {CHECKPOINT: {**_SIZE, "description": "The tree size of a checkpoint. Default: where the log ends."}}
OF_TWO = {
    FROM: {**_SIZE, "required": True, "description": "The tree size of the earlier checkpoint."},
    TO: {**_SIZE, "description": "That of the later one. Default: where the log ends."},
}
TEXT: Responses = {200: {"description": "A line, or a signed note.", "content": {"text/plain": {}}}}
BEHIND: Responses = {504: {"model": Problem, "description": "The tree has not been folded so far yet. Try again."}}
REFUSED: Responses = {
    422: {"model": InvalidRequest | Problem, "description": "The request is not valid, or the log is not so long."}
}
UNUSABLE: Responses = {500: {"model": Problem, "description": "The signing key cannot be used."}}


@router.get("/log/checkpoint", response_class=PlainTextResponse, responses=TEXT | BEHIND | UNUSABLE)
async def read_checkpoint(request: Request) -> Response:
    """Where the log ends, signed. Keep it elsewhere: whatever is altered below it shows."""
    return PlainTextResponse(await parts_of(request).readers.proofs.checkpoint(context_of(request).log))


@router.get("/log/key", response_class=PlainTextResponse, responses=TEXT | UNUSABLE)
async def read_key(request: Request) -> Response:
    """The public key by which checkpoints of this log are checked."""
    return PlainTextResponse(parts_of(request).readers.proofs.verifier_key(context_of(request).log) + "\n")


@router.get("/log/verification", response_model=VerificationShown)
async def read_verification(request: Request) -> Response:
    """How far the inspector is, and what its last round through this log has found."""
    parts, log = parts_of(request), context_of(request).log
    head = (await parts.store.head(log)).position
    checkpoint = await serving(parts.store, await parts.store.log_number(log), NAME)
    shown = VerificationShown(
        log=log,
        rate=parts.inspector.rate,
        position=0 if checkpoint is None else checkpoint.position,
        head=head,
        last=_inspection((await inspections(parts.store)).get(log)),
    )
    return answer(shown.model_dump_json(), 200, {POSITION: str(head)})


@router.get(
    "/log/consistency",
    response_model=ConsistencyShown,
    responses=REFUSED | BEHIND,
    openapi_extra=documented(query=OF_TWO),
)
async def prove_consistency(request: Request) -> Response:
    """What shows that a later checkpoint goes on from an earlier one."""
    old = _size(request, FROM)
    if old is None:
        raise invalid_parameter("query", FROM, "Field required", None, kind="missing")
    proof = await parts_of(request).readers.proofs.consistency(context_of(request).log, old, _size(request, TO))
    return answer(msgspec.json.encode(proof).decode(), 200)


@router.get(
    "/log/{position:int}/proof",
    response_model=EventProofShown,
    responses=NOT_FOUND | REFUSED | BEHIND,
    openapi_extra=documented(path=POSITION_IN_PATH, query=OF_EVENT),
)
async def prove_event(request: Request) -> Response:
    """What shows, offline, that an event is below a checkpoint. It stays valid when content is erased."""
    position, size = position_in(request), _size(request, CHECKPOINT)
    proof = await parts_of(request).readers.proofs.event(context_of(request).log, position, size)
    return answer(msgspec.json.encode(proof).decode(), 200)


def _inspection(found: Inspection | None) -> InspectionShown | None:
    if found is None:
        return None
    return InspectionShown(
        began=as_text(found.began),
        ended=None if found.ended is None else as_text(found.ended),
        position=found.position,
        faults=found.faults,
        first_fault=None if found.first_fault is None else FaultShown(**msgspec.to_builtins(found.first_fault)),
    )


def _size(request: Request, name: str) -> int | None:
    """Raises RequestValidationError."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:19]) <= SIZE_MAX):
        raise invalid_parameter("query", name, "Input should be a tree size: a whole number from 1", text[:100])
    return int(text)
