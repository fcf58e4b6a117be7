"""The bodies of answers that refuse: Prefect's shapes, and Digsite's own."""

from typing import Any

from pydantic import BaseModel


class InvalidRequest(BaseModel):
    """The request is not valid. Nothing was recorded."""

    exception_message: str
    exception_detail: list[dict[str, Any]]
    request_body: Any


class Detail(BaseModel):
    """Why not, in one sentence."""

    detail: str


class Message(BaseModel):
    """Why not, as Prefect says it for the whole server."""

    exception_message: str


class Unavailable(Message):
    """The request may be sent again, after as many seconds as the header Retry-After says."""

    detail: str


class Problem(BaseModel):
    """Why a request was refused, as a sentence, and its facts."""

    detail: str
    error: str
    facts: dict[str, Any]
