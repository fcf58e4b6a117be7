"""What clients are told about the server."""

from datetime import datetime

from pydantic import BaseModel


class CsrfToken(BaseModel):
    """What a client sends with each change, so that a page of another origin cannot make it for its user."""

    token: str
    client: str
    expiration: datetime
