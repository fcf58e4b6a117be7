"""A key as Markdown: what it says, and its versions with what each changed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from service.takeaways.markdown import escaped, table


class Key(Struct, frozen=True):
    """What there is to say of a key besides its versions."""

    facts: Mapping[str, Any]
    description: str
    content: str
    """What it says, as Markdown."""


def key_markdown(said: Key, versions: Iterable[Mapping[str, Any]], left_out: int) -> Iterator[str]:
    """A piece at a time. `versions`: the youngest first; so many older ones are `left_out`."""
    facts = said.facts
    yield f"# {escaped(facts['key'])}\n\n"
    if facts["deleted"] is not None:
        yield "Deleted by {actor}, {recorded}, at position {position}.\n\n".format(**facts["deleted"])
    else:
        yield "".join(f"{part.rstrip()}\n\n" for part in (said.description, said.content) if part)
    yield "## Versions\n\n"
    yield table(("version", "when", "what changed", "by", "run", "position", "id"), map(_version, versions))
    if left_out:
        yield f"\n{left_out:,} older versions are left out.\n"


def _version(each: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"v{each['number']}" + (", deleted" if each["deleted_position"] is not None else ""),
        each["updated"],
        each["summary"] or "",
        each["actor"],
        each["flow_run_name"] or each["flow_run_id"] or "",
        str(each["position"]),
        each["id"],
    )
