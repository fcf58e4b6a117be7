"""How much there is: a value, rows and columns, words, bytes."""

from service.comparing.content import Content

EXTENTS = ("value", "rows", "columns", "words", "bytes")
"""The one that says most comes first."""


def extents(content: Content | None, data: str) -> dict[str, float]:
    """The measures that data has, given as JSON text. `content` is what it is; None: nobody could say."""
    return _of(content) | {"bytes": len(data.encode(errors="surrogatepass"))}


def _of(content: Content | None) -> dict[str, float]:
    match content:
        case Content(kind="number", value=value):
            return {"value": float(value)}
        case Content(kind="table", form=table):
            return {"rows": table.height, "columns": len(table.names)}
        case Content(kind="text", value=str() as text):
            return {"words": len(text.split())}
    return {}
