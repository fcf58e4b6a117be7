"""One meaning: pages, spans of the log, the live feed, and the plainest of matchers agree on every filter."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.filter import EventFilter
from events.matching import Matcher
from events.reading import read_span
from service.app import create_app, opened
from service.parts import Parts
from service.settings import Settings

EVENTS = 60
ROOT = "/api/accounts/a/workspaces/w"

words = st.sampled_from(["a", "A", "ab", "a%", "a_", "a*", "[a]", "!a", "ship", "Ship", "s\\p", "ä", "", "\0"])
names = words.filter(bool)
kinds = st.builds(".".join, st.lists(words, min_size=1, max_size=2))
moments = st.integers(0, 5).map(lambda second: f"2026-11-21T08:00:0{second}Z")
ids = st.integers(0, EVENTS).map(lambda number: str(UUID(int=number)))
labels = st.dictionaries(st.sampled_from(["name", "Name", "tag"]), words, max_size=2)
roles = st.sampled_from(["r", "R", "role"])
resources = st.builds(lambda id, more: {**more, "prefect.resource.id": id}, names, labels)
related = st.builds(lambda labels, role: {**labels, "prefect.resource.role": role}, resources, roles)
events = st.fixed_dictionaries(
    {
        "occurred": moments,
        "event": kinds,
        "resource": resources,
        "related": st.lists(related, max_size=3),
        "payload": st.dictionaries(words, st.one_of(words, st.integers(), st.lists(words, max_size=2)), max_size=2),
    }
)

globs = st.one_of(words, st.builds("".join, st.lists(st.sampled_from(["a", "b", "*", "?", "s", "!", "%"]), max_size=4)))
negated = st.one_of(globs, globs.map(lambda glob: "!" + glob))
specs = st.dictionaries(
    st.sampled_from(["name", "Name", "tag", "prefect.resource.id", "none"]),
    st.one_of(negated, st.lists(negated, max_size=3)),
    max_size=2,
)


def some(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """At most two of the parts: a filter that asks for more finds nothing, and proves nothing."""
    chosen = st.lists(st.sampled_from(sorted(parts)), max_size=2, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: parts[name] for name in names}))


def lists(of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, max_size=2)


related_filters = some(
    id=lists(names), role=lists(roles), resources_in_roles=lists(st.tuples(names, roles)), labels=specs
)
any_resource_filters = some(id=lists(names), id_prefix=lists(words), labels=specs)
queries = st.lists(
    st.builds(
        "{}{}".format, st.sampled_from(["", "-", "+", "!"]), st.sampled_from(["a", "SHIP", '"a b"', "ä", "sh", "5"])
    ),
    max_size=3,
).map(" ".join)
filters = some(
    occurred=some(since=moments, until=moments),
    event=some(prefix=lists(words), exclude_prefix=lists(words), name=lists(kinds), exclude_name=lists(kinds)),
    resource=some(id=lists(names), id_prefix=lists(words), labels=specs),
    related=st.one_of(related_filters, lists(related_filters)),
    any_resource=st.one_of(any_resource_filters, lists(any_resource_filters)),
    id=some(id=lists(ids)),
    text=st.fixed_dictionaries({"query": queries}),
    order=st.sampled_from(["ASC", "DESC"]),
)


# the plain matcher: the words of docs/adr/0012, one by one


def matches(event: dict[str, Any], asked: dict[str, Any]) -> bool:
    kind, resource = asked.get("event", {}), asked.get("resource", {})
    occurred, all_resources = asked.get("occurred", {}), [event["resource"], *event["related"]]
    return all(
        (
            not asked.get("id", {}).get("id") or event["id"] in asked["id"]["id"],
            occurred.get("since", "") <= event["occurred"] <= occurred.get("until", "9"),
            not kind.get("prefix") or starts(event["event"], kind["prefix"]),
            not starts(event["event"], kind.get("exclude_prefix", [])),
            not kind.get("name") or event["event"] in kind["name"],
            event["event"] not in kind.get("exclude_name", []),
            is_so(event["resource"], resource),
            all(some_of(event["related"], each) for each in listed(asked.get("related", []))),
            all(some_of(all_resources, each) for each in listed(asked.get("any_resource", []))),
            says(event, asked.get("text", {}).get("query", "")),
        )
    )


def starts(text: str, prefixes: list[str]) -> bool:
    return any(text[: len(prefix)] == prefix for prefix in prefixes)


def listed(asked: Any) -> list[Any]:
    return asked if isinstance(asked, list) else [asked]


def some_of(resources: list[dict[str, str]], asked: dict[str, Any]) -> bool:
    """Some resource is so; where nothing is asked, none need be there."""
    asks = any(asked.get(name) for name in ("id", "id_prefix", "role", "resources_in_roles", "labels"))
    return not asks or any(is_so(each, asked) for each in resources)


def is_so(resource: dict[str, str], asked: dict[str, Any]) -> bool:
    id, role = resource["prefect.resource.id"], resource.get("prefect.resource.role")
    return all(
        (
            not asked.get("id") or id in asked["id"],
            not asked.get("id_prefix") or starts(id, asked["id_prefix"]),
            not asked.get("role") or role in asked["role"],
            not asked.get("resources_in_roles") or (id, role) in map(tuple, asked["resources_in_roles"]),
            all(label_is_so(resource.get(name), values) for name, values in asked.get("labels", {}).items()),
        )
    )


def label_is_so(value: str | None, wanted: str | list[str]) -> bool:
    wanted = wanted if isinstance(wanted, list) else [wanted]
    return value is not None and any(value_is_so(value, each) for each in wanted)


def value_is_so(value: str, wanted: str) -> bool:
    if wanted.startswith("!"):
        return not glob(value, wanted[1:])
    return glob(value, wanted)


def glob(value: str, pattern: str) -> bool:
    """`*` is any text, `?` any one character, all else is itself."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(glob(value[start:], pattern[1:]) for start in range(len(value) + 1))
    return bool(value) and pattern[0] in ("?", value[0]) and glob(value[1:], pattern[1:])


def says(event: dict[str, Any], query: str) -> bool:
    text = "\n".join(texts(event)).lower()
    terms = [(sign, word.strip('"').lower()) for sign, word in re.findall(r'([-+!]?)("[^"]*"|\S+)', query)]
    wanted = [word for sign, word in terms if not sign]
    return (
        (not wanted or any(word in text for word in wanted))
        and all(word in text for sign, word in terms if sign == "+")
        and not any(word in text for sign, word in terms if sign in ("-", "!"))
    )


def texts(event: dict[str, Any]) -> Iterator[str]:
    """What a search looks at. The payload is as it was sent, its escapes undone."""
    yield event["event"]
    for labels in (event["resource"], *event["related"]):
        yield from labels.values()
    yield httpx2.Response(200, json=event["payload"]).text


# all of them, asked the same


@asynccontextmanager
async def served(url: str, home: Path) -> AsyncIterator[tuple[Parts, httpx2.AsyncClient]]:
    async with opened(Settings(home=home, database_url=url)) as parts:
        transport = httpx2.ASGITransport(create_app(parts), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite") as api:
            yield parts, api


@pytest.fixture
async def server(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Parts, httpx2.AsyncClient]]:
    async with served(database_url, tmp_path) as server:
        yield server


async def by_pages(api: httpx2.AsyncClient, root: str, asked: dict[str, Any]) -> tuple[list[str], int]:
    """The ids on all pages, in their order, and the total."""
    page = (await api.post(f"{root}/events/filter", json={"filter": asked, "limit": 7})).json()
    found = list(page["events"])
    while page["next_page"]:
        page = (await api.get(page["next_page"])).json()
        found += page["events"]
    return [each["id"] for each in found], page["total"]


async def by_spans(parts: Parts, log: str, asked: dict[str, Any]) -> list[str]:
    """The ids that a subscriber of the whole log is told."""
    matcher, after, found = Matcher(EventFilter.model_validate(asked)), 0, []
    while True:
        span = await read_span(parts.store, log, after=after, matcher=matcher, limit=13)
        found += [event.id for event in span.events]
        if span.is_at_head:
            return found
        after = span.to


async def by_feed(parts: Parts, log: str, asked: dict[str, Any]) -> list[str]:
    """The ids that a live follower is told, from the start to the head."""
    found: list[str] = []
    with parts.feeds.of(log).follow(0, Matcher(EventFilter.model_validate(asked))) as follower:
        while True:
            span = await follower.next()
            found += [event.id for event in span.events]
            if span.is_at_head:
                return found


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(sent=st.lists(events, min_size=5, max_size=EVENTS), asked=st.lists(filters, min_size=10, max_size=10))
async def test_every_reader_finds_the_same_events(
    server: tuple[Parts, httpx2.AsyncClient], sent: list[dict[str, Any]], asked: list[dict[str, Any]]
) -> None:
    parts, api = server
    number = len(await parts.store.logs())
    root, log = f"/api/accounts/a/workspaces/{number}", f"a/{number}"
    told = [{**event, "id": str(UUID(int=index))} for index, event in enumerate(sent)]
    assert (await api.post(f"{root}/events", json=told)).status_code == 204
    for filter in asked:
        expected = [event["id"] for event in told if matches(event, filter)]
        assert await by_spans(parts, log, filter) == expected
        assert await by_feed(parts, log, filter) == expected
        in_order = sorted(expected, key=lambda id: (told[UUID(id).int]["occurred"], UUID(id).int))
        if filter.get("order") != "ASC":
            in_order.reverse()
        assert await by_pages(api, root, filter) == (in_order, len(in_order))


@pytest.mark.parametrize("part", ["prefix", "name"])
async def test_a_name_with_a_nul_is_found_by_what_it_is(api: httpx2.AsyncClient, part: str) -> None:
    name = "sh\x10ip\0.left"
    event = {"id": str(UUID(int=1)), "occurred": "2026-11-21T08:00:00Z", "event": name}
    sent = await api.post("/events", json=[{**event, "resource": {"prefect.resource.id": "ship"}}])
    assert sent.status_code == 204
    asked = {"prefix": [name[:4]], "name": [name]}[part]
    found = await api.post("/events/filter", json={"filter": {"event": {part: asked}}})
    assert [each["event"] for each in found.json()["events"]] == [name]
