"""The composition root: here the parts are put together, and nowhere else."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from events import upcasters
from events.feed import Feeds
from events.stores import SQLITE, open_store
from events.stores.sql import SqlStore
from events.wakeup import Wakeup
from events.writer import Writer
from projections import CATCH_UP, INLINE
from projections.checkpoints import Holder
from projections.leftovers import sweep
from projections.runner import Runner, waiting
from service import sockets
from service.access import Access
from service.api import (
    archive,
    artifacts,
    assets,
    asyncapi,
    cards,
    changes,
    collections,
    docs,
    entries,
    erasures,
    events,
    history,
    imports,
    log,
    maintenance,
    metrics,
    moments,
    pins,
    proof,
    retention,
    run_writes,
    server,
    subscriptions,
    version,
)
from service.api.direct import DirectRoute
from service.archive.archived import Archived
from service.archive.archiving import Archiving
from service.artifacts import Artifacts
from service.assets import Assets
from service.blame import Blames
from service.bus import bus_of
from service.cards import Cards
from service.changes import Changes
from service.collections import Collections
from service.deciding.commands import Command
from service.entries import Entries
from service.erasing.eraser import Eraser
from service.erasing.erasing import Erasing
from service.erasing.erasures import Erasures
from service.errors import add_error_handlers
from service.events import Events
from service.facts import Facts
from service.front import ACCOUNTS, API, Front
from service.glances import Glances
from service.handler import Answer, handle
from service.histories import Histories
from service.key_file import KeyFiles
from service.migrations import migrate
from service.mirror.mirror import Mirrors
from service.moments import Moments
from service.numbers import Numbers
from service.openapi import document_of
from service.overview import Overview
from service.page.bundle import load_bundle
from service.page.page import Page
from service.parts import Parts
from service.past import Past
from service.proof.proofs import Proofs
from service.readers import Readers
from service.renderings import Renderings
from service.retention.retention import Retention
from service.run_writes import RunWrites
from service.running import holder_of
from service.runs import Runs
from service.series import Series
from service.settings import Settings
from service.sockets import events_out
from service.sockets.protocol import framed
from service.subscriptions import Subscriptions
from service.trends import Trends
from service.upstream.address import address_of
from service.upstream.border import Border, first_segments
from service.upstream.bridge import Bridge
from service.upstream.client import UpstreamClient
from service.upstream.gateway import Gateway
from service.upstream.graph import Graphs
from service.upstream.result_artifacts import ResultArtifacts
from service.upstream.runs import UpstreamRuns
from service.upstream.socket_gateway import SocketGateway
from service.upstream.watch import Watch
from service.verification.inspector import Inspector, Rhythm
from service.version import VERSION
from service.webhooks.dispatcher import Dispatcher
from service.workers import Workers

ROUTERS = (
    artifacts.router,
    changes.router,
    history.router,
    moments.router,
    collections.router,
    cards.router,
    pins.router,
    retention.router,
    archive.router,
    assets.router,
    events.router,
    log.router,
    proof.router,
    subscriptions.router,
    server.router,
    server.stand_ins,
    asyncapi.router,
    docs.router,
    maintenance.router,
    imports.router,
    metrics.router,
    erasures.router,
    entries.router,
    version.router,
    run_writes.router,
)


@asynccontextmanager
async def opened(settings: Settings, maintenance_token: str | None = None) -> AsyncIterator[Parts]:
    """The parts of a server: its store open and migrated, its writer running. All is closed in the end.

    `maintenance_token` opens everything, as a key of scope `admin` does; None: there is none.

    Raises StorageInUse, StorageUnavailable.
    """
    upcasters.check()
    store = open_store(settings.database, INLINE)
    archived = Archived(store)
    store.elsewhere = archived
    auth_string = settings.api_auth_string
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        await store.open()
        await migrate(store, settings.database)
        await sweep(store, is_alone=settings.database.startswith(SQLITE))
        wakeup = Wakeup()
        bus = bus_of(settings, heard=wakeup.ring)

        def written(log: str) -> None:
            wakeup.ring(log)
            bus.announce(log)

        def forget() -> None:
            memories = runs.forget, readers.renderings.forget, glances.forget, readers.trends.forget
            for forgotten in (*memories, framed.cache_clear, events_out.frame.cache_clear):
                forgotten()

        feeds = Feeds(store, wakeup, settings.heartbeat_s, forget)
        writer = Writer(store, handle, queue_max=settings.max_waiting_writes, written=written)
        holder = holder_of(settings.database)
        runner = Runner(store, CATCH_UP, holder, wait=waiting(store, wakeup))
        named = Subscriptions(store, feeds)
        webhooks = Dispatcher(store, named, feeds, allow_private=settings.webhook_allow_private)
        mirrors = Mirrors(store, feeds, settings)
        address = address_of(settings)
        upstream = None if address is None else UpstreamClient(address)
        events = Events(store, writer)
        upstream_runs = None if upstream is None else UpstreamRuns(upstream, events)
        bridge = Bridge(store, feeds, events, upstream, upstream_runs, holder, settings)
        kept = Retention(store, writer, holder, settings, written)
        runs = Runs(store, wakeup, upstream_runs)
        watch = Watch(upstream)
        workers = Workers()
        gateway = None if address is None else Gateway(address, API, watch.away_s)
        archiving = Archiving(store, archived, written)
        erasing = _erasing(store, writer, feeds, mirrors, holder, archiving, has_upstream=address is not None)
        outer = (upstream, gateway, bus, writer, runner, feeds, webhooks, mirrors, bridge, watch, runs, workers)
        inspector = Inspector(store, events.news, holder, Rhythm(settings.verify_rate))
        for part in (*outer, kept, erasing, inspector):
            if part is not None:
                stack.push_async_callback(part.close)
        for starting in (bus, writer, runner, webhooks, mirrors, bridge, kept, watch, erasing, inspector):
            starting.start()
        artifacts_, glances = Artifacts(store, writer, wakeup, runs, settings), Glances(store)
        readers = _readers(store, artifacts_, runner, workers, glances, kept, settings)
        yield Parts(
            settings=settings,
            store=store,
            writer=writer,
            access=Access(store, None if auth_string is None else auth_string.get_secret_value(), maintenance_token),
            artifacts=artifacts_,
            readers=readers,
            runner=runner,
            workers=workers,
            events=events,
            feeds=feeds,
            subscriptions=named,
            bus=bus,
            mirrors=mirrors,
            bridge=bridge,
            retention=kept,
            archiving=archiving,
            upstream=upstream,
            gateway=gateway,
            results=None if upstream is None else ResultArtifacts(artifacts_, store, upstream),
            watch=watch,
            erasing=erasing,
            inspector=inspector,
        )


def _readers(
    store: SqlStore,
    artifacts: Artifacts,
    runner: Runner,
    workers: Workers,
    glances: Glances,
    kept: Retention,
    settings: Settings,
) -> Readers:
    past, numbers = Past(store, artifacts, runner, settings), Numbers(store, runner, settings)
    renderings = Renderings(workers, settings.root_path)
    facts, histories = Facts(store, past), Histories(store, runner, workers, settings)
    collections = Collections(store, runner, workers, settings)
    return Readers(
        changes=Changes(artifacts, past, numbers, workers),
        blames=Blames(store, artifacts, past, numbers, workers),
        past=past,
        moments=Moments(store, past),
        histories=histories,
        facts=facts,
        renderings=renderings,
        key_files=KeyFiles(store, artifacts, collections, past, facts, histories, renderings),
        run_writes=RunWrites(store, runner, histories, settings),
        collections=collections,
        series=Series(store, runner, workers, settings),
        cards=Cards(store, runner, glances, settings),
        trends=Trends(store, runner, glances, settings),
        assets=Assets(store, runner, settings),
        entries=Entries(store),
        overview=Overview(store, kept, settings),
        proofs=Proofs(store, runner, settings),
    )


def _erasing(
    store: SqlStore,
    writer: Writer[Command, Answer],
    feeds: Feeds,
    mirrors: Mirrors,
    holder: Holder,
    archiving: Archiving,
    *,
    has_upstream: bool,
) -> Erasing:
    erasures = Erasures(store, writer.submit, has_upstream=has_upstream)
    return Erasing(store, erasures, Eraser(store, writer.submit, holder, archiving.forget), feeds, mirrors)


def create_app(parts: Parts) -> ASGIApp:
    """The whole server as one ASGI application."""
    api = create_api()
    api.state.parts = parts
    direct = [route for router in ROUTERS for route in router.routes if isinstance(route, DirectRoute)]
    origins = [each.strip() for each in parts.settings.cors_allowed_origins.split(",")]
    page = Page(load_bundle(), parts.store, parts.access, API)
    border, root_path = _border(api, parts), parts.settings.root_path
    return Front(api, direct, sockets.ROUTES, parts.access, origins, border, page, root_path)


def _border(api: FastAPI, parts: Parts) -> Border | None:
    """Beyond it is what none of our routes begins with; None: nothing is."""
    gateway = parts.gateway
    if gateway is None:
        return None
    stand_ins = _paths(server.stand_ins.routes)
    ours = _paths((*api.routes, *sockets.ROUTES)) - stand_ins
    return Border(
        root=API,
        owned=first_segments(ours) | {ACCOUNTS},
        stand_ins=stand_ins,
        http=gateway,
        graphs=Graphs(gateway, API, parts.store),
        websocket=SocketGateway(gateway.address, API),
    )


def _paths(routes: Iterable[BaseRoute]) -> frozenset[str]:
    return frozenset(route.path for route in routes if isinstance(route, Route | WebSocketRoute | Mount))


def create_api() -> FastAPI:
    """The API's routes and documentation, without anything behind them."""
    api = FastAPIOffline(
        docs_url=None,
        redoc_url=None,
        title="Digsite",
        version=VERSION,
        summary="An event-sourced artifact service that speaks Prefect 3's protocol.",
    )
    add_error_handlers(api)
    for router in ROUTERS:
        _add(api, router)
    api.openapi = lambda: document_of(api)  # type: ignore[method-assign]  # how FastAPI says to extend it
    return api


def _add(api: FastAPI, router: APIRouter) -> None:
    """Take the routes as they are: `include_router` would look each up a second time on every request."""
    api.router.routes.extend(router.routes)
