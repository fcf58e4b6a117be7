"""The file of a key: what it says and its history, to be opened anywhere, or read as Markdown."""

from collections.abc import Iterator
from typing import Any

import msgspec

from events.stores.sql import SqlStore
from service.artifacts import Artifacts
from service.collections import Collections
from service.contents import Content, content_of
from service.facts import Facts
from service.histories import HISTORY_PAGE_MAX, Histories
from service.json_text import is_string
from service.past import Past
from service.renderings import Renderings
from service.takeaways.html_file import Latest, html_file
from service.takeaways.key_markdown import Key, key_markdown
from service.takeaways.markdown import as_markdown

FILE_VERSIONS_MAX = 500
"""Versions of a key in its file, the youngest."""

_decode = msgspec.json.Decoder().decode
_LEFT_OUT = '<p class="quiet">The rest is left out.</p>'


class KeyFiles:
    def __init__(
        self,
        store: SqlStore,
        artifacts: Artifacts,
        collections: Collections,
        past: Past,
        facts: Facts,
        histories: Histories,
        renderings: Renderings,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._collections = collections
        self._past = past
        self._facts = facts
        self._histories = histories
        self._renderings = renderings

    async def of(self, log: str, key: str, as_of: int | None = None) -> Iterator[str]:
        """The HTML, a piece at a time. Raises CollectionNotFound, ProjectionBehind, TooMuchWork, StorageUnavailable."""
        _, collection = await self._artifacts.collection(log, key, as_of)
        facts = _decode((await self._facts.read(log, collection.latest_id, as_of)).json)
        row = (await self._past.last(log, collection.latest_id, as_of)).artifact
        content = await content_of(self._store, log, row)
        is_markdown = row.type == "markdown" and content.data is not None and is_string(content.data)
        latest = Latest(
            facts=facts,
            data=content.data,
            html=await self._html(content.data or "") if is_markdown else None,
            description=await self._html(content.description) if is_string(content.description) else "",
        )
        versions = await self._versions(log, key, as_of)
        return html_file(latest, versions, facts["versions"] - len(versions))

    async def in_markdown(self, log: str, key: str, as_of: int | None = None) -> Iterator[str]:
        """The Markdown, a piece at a time; of a deleted key, too. Raises UnknownKey, and what `of` raises."""
        facts = _decode((await self._collections.facts(log, key, as_of)).json)
        row = (await self._past.last(log, facts["latest_id"], as_of)).artifact
        content = await content_of(self._store, log, row)
        description = _decode(content.description) if is_string(content.description) else ""
        versions = await self._versions(log, key, as_of)
        return key_markdown(
            Key(facts, description, _markdown(row.type, content)), versions, facts["versions"] - len(versions)
        )

    async def _html(self, text: str) -> str:
        document = await self._renderings.of(_decode(text), whole=False, dedent=True)
        return document.html if document.is_whole else document.html + _LEFT_OUT

    async def _versions(self, log: str, key: str, as_of: int | None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < FILE_VERSIONS_MAX:
            before = found[-1]["id"] if found else None
            limit = min(HISTORY_PAGE_MAX, FILE_VERSIONS_MAX - len(found))
            read = await self._histories.of_key(log, key, before, limit, deleted=True, as_of=as_of)
            page = _decode(read.json)
            found += page
            if len(page) < limit:
                break
        return found


def _markdown(type: str | None, content: Content) -> str:
    if content.data is not None:
        return as_markdown(type, content.data)
    reason = "missing" if content.absence is None else content.absence.reason
    return f"*The data cannot be read: it is {reason}.*"
