"""The bodies of answers about runs, and what they wrote."""

from typing import Literal

from pydantic import BaseModel, Field

from service.schemas.log import Entry

RunKind = Literal["flow-run", "task-run"]


class RunTold(BaseModel):
    """What is known of a run, and how much it wrote. Null: not known."""

    id: str
    name: str | None
    flow_id: str | None
    flow_name: str | None
    deployment_id: str | None
    deployment_name: str | None
    flow_run_id: str | None = Field(description="Of a task run: the run that it belongs to.")
    parent_task_run_id: str | None = Field(description="Of a flow run: the task run that called it.")
    tags: list[str]
    state_type: str | None
    state_name: str | None
    started: str | None
    ended: str | None
    writes: int
    keys: int = Field(description="How many keys it wrote to.")
    key_names: list[str] = Field(description="Some of them, the last one first.")
    first_write: str | None
    last_write: str | None
    last_position: int = Field(description="Of its last write. 0: there is none.")


class RunListed(RunTold):
    """A run that wrote."""

    kind: RunKind


class RunPage(BaseModel):
    """Runs that wrote, the last to write first."""

    position: int = Field(description="The position that the answer is of.")
    runs: list[RunListed]
    next: int | None = Field(
        description="Ask with `before` for the next page, which may be empty. Null: it is the last."
    )


class RunWrite(Entry):
    """A write of a run, and what it did to its key."""

    artifact_id: str
    number: int | None = Field(description="The artifact's number among the versions of its key.")
    task_run_name: str | None
    effect: str | None = Field(description="What it changed in the data, in a line. Null: deleted, or it is not known.")


class RunShown(RunTold):
    """A run, and what it wrote in order."""

    position: int = Field(description="The position that the answer is of.")
    kind: RunKind | None = Field(description="Null: nothing names it here.")
    is_known: bool = Field(description="Whether more is known of it than its id.")
    upstream_url: str | None = Field(description="Where the Prefect server behind this one shows it.")
    entries: list[RunWrite]
    next: int | None = Field(description="Ask with `after` for the next page. Null: it is the last.")
