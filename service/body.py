"""A request's body, read no further than the limit."""

from starlette.requests import Request


class BodyTooLarge(Exception):
    """The body is larger than the server takes. It was not read whole."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"The request body is larger than {limit_bytes} bytes, the most that this server takes. "
            "Send less, or ask for a larger DIGSITE_MAX_BODY_BYTES."
        )
        self.limit_bytes = limit_bytes


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Raises BodyTooLarge, before anything is read if the client says how much it sends."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise BodyTooLarge(limit_bytes)
    parts, size_bytes = [], 0
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes > limit_bytes:
            raise BodyTooLarge(limit_bytes)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
