"""The ceiling: a FastAPI app of the usual kind that takes and gives the same models, and does nothing between."""

from datetime import UTC, datetime
from uuid import uuid4

from fastapi import FastAPI

from benchmarks.workloads import MARKDOWN
from projections.filters import ArtifactListing
from service.schemas.artifacts import Artifact, ArtifactCreate, ArtifactUpdate

app = FastAPI()


def answer(new: ArtifactCreate) -> Artifact:
    now = datetime.now(UTC)
    return Artifact(
        id=uuid4(),
        created=now,
        updated=now,
        key=new.key,
        type=new.type,
        description=new.description,
        data=new.data,
        metadata_=new.metadata_,
        flow_run_id=new.flow_run_id,
        task_run_id=new.task_run_id,
    )


ANY = answer(ArtifactCreate(key="daily-report", type="markdown", data=MARKDOWN))


@app.get("/api/health")
async def health() -> bool:
    return True


@app.post("/api/artifacts/", status_code=201, response_model=Artifact)
async def create(new: ArtifactCreate) -> Artifact:
    return answer(new)


@app.get("/api/artifacts/{key}/latest", response_model=Artifact)
async def latest(key: str) -> Artifact:
    return ANY


@app.post("/api/artifacts/filter", response_model=list[Artifact])
async def page(asked: ArtifactListing) -> list[Artifact]:
    return [ANY] * (asked.limit or 0)


@app.patch("/api/artifacts/{artifact_id}", status_code=204)
async def update(artifact_id: str, changes: ArtifactUpdate) -> None: ...
