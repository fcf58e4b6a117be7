"""The command line: `digsite-server` serves; its subcommands maintain."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from events.errors import EventLogError
from events.matching import Matcher
from service.audit import Format
from service.context import DEFAULT_LOG
from service.deciding.commands import KeyExists, KeyNotFound
from service.exports.manifest import Encoding, ExportError
from service.keys import InvalidKey, Scope
from service.maintenance import Maintenance, MaintenanceRefused, maintenance
from service.migrations import OtherRelease
from service.moving.export import Asked, Wanted
from service.moving.whereabouts import Whereabouts
from service.settings import InvalidSettings, Settings, load_settings

INTERRUPTED = 130
"""The exit status of a command that Ctrl-C ended."""
READER_GONE = 141
"""Of one whose reader has gone: what a shell says of SIGPIPE."""

app = typer.Typer(
    add_completion=False,
    help="An event-sourced artifact service that speaks Prefect 3's protocol. Without a command, it serves.",
    invoke_without_command=True,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)
keys_app = typer.Typer(help="API keys: make, list, revoke.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@app.callback()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="4200")] = None,
    insecure: Annotated[bool, typer.Option(help="Allow another address than loopback without access control.")] = False,
    upstream: Annotated[str | None, typer.Option(help="API of the Prefect server to stand in front of.")] = None,
    root_path: Annotated[str | None, typer.Option(help="Path that a proxy has the server at.")] = None,
) -> None:
    """Serve the API and the page."""
    if context.invoked_subcommand is not None:
        return
    given = {
        "host": host,
        "port": port,
        "insecure": insecure or None,
        "upstream_api_url": upstream,
        "root_path": root_path,
    }
    settings = _settings({name: value for name, value in given.items() if value is not None})
    from service.backups.watch import LogRestored
    from service.logs import configure_logs
    from service.serve import OpenToTheNetwork, PortTaken, serve

    configure_logs(settings)
    with Told(EventLogError, LogRestored, OpenToTheNetwork, PortTaken):
        import uvloop

        uvloop.run(serve(settings, console))


@app.command()
def rebuild(
    projection: Annotated[str | None, typer.Argument(help="The one to rebuild.", show_default="all")] = None,
    log: Annotated[str | None, typer.Option(help="The log whose read models are rebuilt.", show_default="all")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Only compare, and show what differs.")] = False,
    back: Annotated[bool, typer.Option("--back", help="Go back to the rows that served before the rebuild.")] = False,
) -> None:
    """Rebuild read models from the log, beside the serving ones; compare; switch."""
    from projections.checkpoints import LeaseLost
    from projections.generations import NothingKept
    from projections.rebuild import UnknownProjection
    from projections.steps import Way
    from service.terminal import show_rebuild

    if compare and back:
        raise typer.BadParameter("say --compare or --back, not both")
    if back and projection is None:
        raise typer.BadParameter("say which projection is to go --back")
    way = Way.COMPARE if compare else Way.BACK if back else Way.KEEP
    with Told(EventLogError, UnknownProjection, NothingKept, LeaseLost):
        try:
            is_same = show_rebuild(_maintenance(), console, log=log, projection=projection, way=way)
        except KeyboardInterrupt:
            errors.print("Interrupted. What was switched stays; all else is as it was.")
            sys.exit(INTERRUPTED)
    sys.exit(0 if is_same or not compare else 1)


@app.command()
def verify(
    log: Annotated[str | None, typer.Option(help="The log to verify.", show_default="all")] = None,
    first: Annotated[int, typer.Option("--from", help="Take it that the chain holds before this position.", min=1)] = 1,
) -> None:
    """Check the chain, and that each read model is what the log says. Beside a running server, or without one."""
    from service.verification.showing import LogNotFound, show_verification

    with Told(EventLogError, OtherRelease, LogNotFound):
        try:
            holds = show_verification(_settings().database, log, first - 1, console)
        except KeyboardInterrupt:
            errors.print("Interrupted. Up to where the bars are, all holds.")
            sys.exit(INTERRUPTED)
    sys.exit(0 if holds else 1)


@app.command()
def audit(
    key: Annotated[list[str] | None, typer.Option(help="The artifact's key. May be given several times.")] = None,
    since: Annotated[
        str, typer.Option(help="Since when: a time, how long ago (90m, 12h, 7d), or after a position.")
    ] = "start",
    until: Annotated[str, typer.Option(help="Before when: likewise, or up to a position.")] = "head",
    actor: Annotated[list[str] | None, typer.Option(help="Who wrote: an API key's name.")] = None,
    run: Annotated[list[str] | None, typer.Option(help="The flow run or the task run that wrote.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="What happened; prefect.artifact.* for all that begin so.")
    ] = None,
    resource: Annotated[list[str] | None, typer.Option(help="The id of what it happened to.")] = None,
    request: Annotated[list[str] | None, typer.Option(help="The id of the request that brought it.")] = None,
    log: Annotated[str, typer.Option(help="The log that is asked.")] = DEFAULT_LOG,
    format: Annotated[Format, typer.Option(help="table, json (an object per line), or csv.")] = Format.TABLE,
) -> None:
    """Show who changed what, when, from where: the events that match, by their position. The log is only read."""
    import asyncio

    from service.audit import Asked, shown_as
    from service.audit import audit as audited
    from service.streams.asking import InvalidCriteria, criteria_filter
    from service.streams.starting import CannotResume, InvalidStart

    criteria = {"key": key, "actor": actor, "run": run, "kind": kind, "resource": resource, "request": request}
    with Told(EventLogError, OtherRelease, InvalidCriteria, InvalidStart, CannotResume), Piped():
        matcher = Matcher(criteria_filter(**{name: values for name, values in criteria.items() if values}))
        asked = Asked(log=log, matcher=matcher, since=since, until=until)
        found = asyncio.run(audited(_settings().database, asked, shown_as(format, console), write_now))
    if not found:
        errors.print("Nothing was found.")


@app.command()
def retention(
    log: Annotated[str, typer.Option(help="The log whose policies are applied.")] = DEFAULT_LOG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Apply the retention policies of a log once, as the server does in the background."""
    from projections.checkpoints import LeaseLost
    from service.retention.retention import RetentionBusy
    from service.terminal import show_retention

    with Told(EventLogError, LeaseLost, RetentionBusy):
        show_retention(_maintenance().retain(log, dry_run=dry_run), console, dry_run=dry_run)


@app.command()
def archive(
    before: Annotated[str | None, typer.Option(help="Archive what stands before this position, or time.")] = None,
    older_than: Annotated[float | None, typer.Option(help="Archive what is older, in days.")] = None,
    log: Annotated[str, typer.Option(help="The log whose bodies are archived.")] = DEFAULT_LOG,
    restore: Annotated[bool, typer.Option("--restore", help="Bring back all that is archived.")] = False,
) -> None:
    """Move old bodies to Parquet files elsewhere, where they are still read from; or bring them back."""
    from service.archive.described import ArchiveDamaged, InvalidUrl, NoArchiveHere
    from service.archive.whereto import NothingAsked, before_of
    from service.streams.starting import InvalidStart
    from service.terminal import show_archive

    with Told(EventLogError, ArchiveDamaged, InvalidStart, InvalidUrl, NoArchiveHere, NothingAsked, OSError):
        try:
            if restore:
                show_archive(_maintenance().unarchive(log), console, "Brought back")
            else:
                show_archive(_maintenance().archive(log, before_of(before, older_than)), console, "Archived")
        except KeyboardInterrupt:
            errors.print("Interrupted. What is archived stays so; the same command goes on from there.")
            sys.exit(INTERRUPTED)


@app.command()
def erase(
    reason: Annotated[str, typer.Option(help="Why, for the log. It stays for ever: name the request, not the person.")],
    artifact: Annotated[str | None, typer.Option(help="An artifact, by its id.")] = None,
    key: Annotated[str | None, typer.Option(help="All artifacts that ever had this key.")] = None,
    flow_run: Annotated[str | None, typer.Option(help="What this flow run wrote, by its id.")] = None,
    task_run: Annotated[str | None, typer.Option(help="What this task run wrote, by its id.")] = None,
    artifacts: Annotated[str | None, typer.Option(help="The artifacts that match a filter, in JSON.")] = None,
    events: Annotated[str | None, typer.Option(help="The outside events that match a filter, in JSON.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Take a filter that asks for nothing.")] = False,
    labels: Annotated[bool, typer.Option("--labels", help="What names things goes too.")] = False,
    log: Annotated[str, typer.Option(help="The log.")] = DEFAULT_LOG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Take content away for good. First it says what would go; then it asks."""
    from service.erasing.errors import ErasureDiffers, NothingToErase, TooMuchToErase
    from service.erasing.showing import InvalidErasure, asked_for, show_erasure

    given = {"artifact": artifact, "key": key, "flow_run": flow_run, "task_run": task_run}
    filters = {"artifacts": artifacts, "events": events}
    with Told(EventLogError, InvalidErasure, ErasureDiffers, NothingToErase, TooMuchToErase):
        asked = asked_for(given, filters, reason=reason, everything=everything, labels=labels)
        is_done = show_erasure(_maintenance(), console, log, asked, dry_run=dry_run)
    sys.exit(0 if is_done else 1)


@app.command()
def vacuum() -> None:
    """Write the files of the database anew, so that they keep nothing of what was taken away."""
    with Told(EventLogError):
        done = _maintenance().vacuum()
    console.print(f"The files are written anew: {done.bytes_before:,} bytes before, {done.bytes_after:,} now.")


@app.command("import-prefect")
def import_prefect(
    api_url: Annotated[
        str | None, typer.Option(help="API of the Prefect server to read from.", show_default="the upstream")
    ] = None,
    auth_string: Annotated[str | None, typer.Option(help="user:password for that API.")] = None,
    api_key: Annotated[str | None, typer.Option(help="API key for that API.")] = None,
    database_url: Annotated[
        str | None, typer.Option(help="Its database instead: sqlite:////PATH/prefect.db or postgresql://...")
    ] = None,
    results: Annotated[
        bool, typer.Option("--results", help="Bring what the Prefect server keeps of the results of runs, too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only compare, and name each difference.")] = False,
) -> None:
    """Bring the artifacts of a Prefect server into the log, with their history. Again, it brings what is new."""
    from service.moving.import_opening import NowhereFrom, opened_import
    from service.moving.showing import show_import
    from service.moving.sources.source import SourceUnavailable
    from service.upstream.client import AnswerTooLarge, UpstreamRefused, UpstreamUnavailable

    whence = Whereabouts(api_url, auth_string, api_key, database_url)
    unreadable = (NowhereFrom, SourceUnavailable, AnswerTooLarge, UpstreamRefused, UpstreamUnavailable)
    with Told(EventLogError, OtherRelease, *unreadable):
        settings = _settings()
        opening = opened_import(settings, whence, writing=not (dry_run or check))
        try:
            agrees = show_import(opening, settings, console, with_results=results, only_check=check)
        except KeyboardInterrupt:
            errors.print("Interrupted. What was brought stays; the same command goes on from there.")
            sys.exit(INTERRUPTED)
    sys.exit(0 if agrees else 1)


@app.command("export-prefect")
def export_prefect(
    api_url: Annotated[
        str | None, typer.Option(help="API of the Prefect server to write to.", show_default="the upstream")
    ] = None,
    auth_string: Annotated[str | None, typer.Option(help="user:password for that API.")] = None,
    api_key: Annotated[str | None, typer.Option(help="API key for that API.")] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            help="The database of one that is stopped instead: sqlite:////PATH/prefect.db or postgresql://..."
        ),
    ] = None,
    log: Annotated[str, typer.Option(help="The log to export.")] = DEFAULT_LOG,
    events: Annotated[
        Wanted, typer.Option(help="own (of artifacts, their collections, and assets), all, or none.")
    ] = Wanted.OWN,
    delete: Annotated[bool, typer.Option("--delete", help="Delete there what was deleted here.")] = False,
    fire_automations: Annotated[
        bool, typer.Option("--fire-automations", help="Write through the API even if automations would fire.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only compare, and name each difference.")] = False,
) -> None:
    """Write what a log holds to a Prefect server: artifacts, and events. Again, it writes what is new."""
    from service.moving.export_opening import NowhereTo, opened_export
    from service.moving.export_showing import show_export
    from service.moving.targets.target import TargetUnusable
    from service.upstream.client import AnswerTooLarge, UpstreamRefused, UpstreamUnavailable

    whither = Whereabouts(api_url, auth_string, api_key, database_url)
    asked = Asked(writing=not (dry_run or check), events=events, deleting=delete)
    refusals = (NowhereTo, OtherRelease, TargetUnusable, AnswerTooLarge, UpstreamRefused, UpstreamUnavailable)
    with Told(EventLogError, *refusals):
        opening = opened_export(_settings(), log, whither, writing=asked.writing, may_fire=fire_automations)
        try:
            agrees = show_export(opening, asked, console, only_check=check)
        except KeyboardInterrupt:
            errors.print("Interrupted. What is written stays; the same command goes on from there.")
            sys.exit(INTERRUPTED)
    sys.exit(0 if agrees else 1)


@app.command("export")
def export_log(
    to: Annotated[Path, typer.Argument(help="The folder to write to. One that has an export already is gone on with.")],
    encoding: Annotated[
        Encoding, typer.Option("--format", help="ndjson, ndjson.gz, or parquet (needs the extra `archive`).")
    ] = Encoding.GZIP,
    log: Annotated[str, typer.Option(help="The log to export.")] = DEFAULT_LOG,
    first: Annotated[int, typer.Option("--from", min=1, help="The first position.")] = 1,
    upto: Annotated[
        int | None, typer.Option("--to", min=1, help="The last position.", show_default="where the log ends")
    ] = None,
    filter: Annotated[str | None, typer.Option(help="An EventFilter as JSON: only what matches.")] = None,
) -> None:
    """Write a log, or a part of it, into files. Again, it goes on where it ended, and writes what is new."""
    from service.exports.exporting import Asked
    from service.exports.showing import InvalidFilter, filter_of, show_export

    with Told(EventLogError, ExportError, InvalidFilter, OtherRelease, OSError):
        asked = Asked(log=log, encoding=encoding, first=first, upto=upto, filter=filter_of(filter))
        try:
            show_export(_settings(), to, asked, console)
        except KeyboardInterrupt:
            errors.print("Interrupted. Whole files stay; the same command goes on from there.")
            sys.exit(INTERRUPTED)


@app.command()
def replay(
    first: Annotated[int | None, typer.Option("--from", min=1, help="The first position.", show_default="1")] = None,
    upto: Annotated[
        int | None, typer.Option("--to", min=1, help="The last position.", show_default="where the log ends")
    ] = None,
    filter: Annotated[str | None, typer.Option(help="An EventFilter as JSON: only what matches.")] = None,
    speed: Annotated[str, typer.Option(help="max, or how many times as fast as it happened: 1x, 10x.")] = "max",
    webhook: Annotated[
        str | None, typer.Option(help="A URL to post to, or the named subscription whose webhook to use.")
    ] = None,
    secret: Annotated[str | None, typer.Option(help="The secret to sign posts to a URL with: whsec_...")] = None,
    redis: Annotated[str | None, typer.Option(help="A stream in Redis to add to.")] = None,
    database: Annotated[str | None, typer.Option(help="A fresh database to make the log in anew.")] = None,
    log: Annotated[str, typer.Option(help="The log that is replayed.")] = DEFAULT_LOG,
) -> None:
    """Send a piece of history once more: to the standard output, or to the one target that is named."""
    from events.subscriptions.errors import SubscriptionNotFound
    from service.exports.showing import InvalidFilter, filter_of
    from service.replay.pace import InvalidSpeed
    from service.replay.showing import InvalidReplay, Progressed, Wanted, show_replay
    from service.replay.targets import TargetFailed

    refusals = (ExportError, InvalidFilter, InvalidSpeed, InvalidReplay, OtherRelease, SubscriptionNotFound)
    done = Progressed()
    with Told(EventLogError, *refusals, TargetFailed), Piped():
        wanted = Wanted(
            log=log,
            first=first,
            upto=upto,
            filter=filter_of(filter),
            speed=speed,
            webhook=webhook,
            secret=secret,
            redis=redis,
            database=database,
        )
        try:
            show_replay(_settings(), wanted, write_now, errors, done)
        except (KeyboardInterrupt, TargetFailed, EventLogError):
            errors.print(done.advice)
            raise
    errors.print(f"Replayed {done.events:,} events.")


@app.command("import")
def import_log(
    source: Annotated[Path, typer.Argument(help="The folder that an export has written.")],
    log: Annotated[
        str | None, typer.Option(help="The log to import into.", show_default="the log that was exported")
    ] = None,
    append: Annotated[
        bool, typer.Option("--append", help="State what it tells of anew, behind the end of a log that has events.")
    ] = False,
) -> None:
    """Make a log from an export, with the positions, ids, times and hashes that it had. Again, it goes on."""
    from service.exports.showing import show_import

    with Told(EventLogError, ExportError, OSError):
        try:
            show_import(_settings(), source, log, console, appending=append)
        except KeyboardInterrupt:
            errors.print("Interrupted. What was imported stays; the same command goes on from there.")
            sys.exit(INTERRUPTED)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write. It must not be there yet.")],
) -> None:
    """Copy a SQLite database as it is at one moment, beside its server, and check the copy."""
    from service.backups.backup import BackupRefused
    from service.backups.showing import show_backup

    with Told(BackupRefused, OSError):
        try:
            show_backup(_settings(), file, console)
        except KeyboardInterrupt:
            errors.print("Interrupted. Nothing was written.")
            sys.exit(INTERRUPTED)


@app.command()
def restore(
    file: Annotated[
        Path | None, typer.Argument(help="The backup to put in the database's place.", show_default="it is there")
    ] = None,
) -> None:
    """Put a backup in the place of the database, and begin another epoch. No server may run."""
    from service.backups.backup import BackupRefused
    from service.backups.showing import show_restore

    with Told(EventLogError, BackupRefused, OSError):
        try:
            show_restore(_settings(), file, console)
        except KeyboardInterrupt:
            errors.print("Interrupted. The database is as it was.")
            sys.exit(INTERRUPTED)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Who it is for. Recorded as the actor of what is written with it.")],
    scope: Annotated[Scope, typer.Option(help="read, write (and read), or admin (and all).")] = Scope.WRITE,
    log: Annotated[str | None, typer.Option(help="The one log that it opens.", show_default="all")] = None,
) -> None:
    """Make an API key and show it, this once."""
    with Told(EventLogError, KeyExists, InvalidKey):
        token = _maintenance().create_key(name, scope, log)
    console.print(token, soft_wrap=True)
    errors.print("Keep it now: only its digest is stored. Clients send it as PREFECT_API_KEY.")


@keys_app.command("ls")
def list_keys() -> None:
    """List the keys, the revoked ones too."""
    from service.terminal import show_keys

    with Told(EventLogError):
        show_keys(_maintenance().keys(), console)


@keys_app.command("revoke")
def revoke_key(name: Annotated[str, typer.Argument(help="The key's name.")]) -> None:
    """Revoke a key: from now on it opens nothing."""
    with Told(EventLogError, KeyNotFound):
        _maintenance().revoke_key(name)
    console.print(f"Revoked {escape(name)}.")


def _maintenance() -> Maintenance:
    return maintenance(_settings())


def _settings(given: dict[str, Any] | None = None) -> Settings:
    with Told(InvalidSettings):
        settings = load_settings(**(given or {}))
    settings.home.expanduser().mkdir(parents=True, exist_ok=True)
    return settings


def write_now(text: str) -> None:
    """Write to the standard output without delay: who reads it may have had enough."""
    sys.stdout.write(text)
    sys.stdout.flush()


class Piped:
    """End in silence when the reader of the standard output has gone, as `head` does, and at Ctrl-C."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to fail at the exit
            sys.exit(READER_GONE)
        if isinstance(error, KeyboardInterrupt):
            sys.exit(INTERRUPTED)


class Told:
    """Tell of an error of these kinds, or of a refusal, in one line, and end with status 1."""

    def __init__(self, *kinds: type[Exception]) -> None:
        self._kinds = (*kinds, MaintenanceRefused)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, self._kinds):
            errors.print(f"[bold red]Error:[/bold red] {escape(str(error))}", soft_wrap=True)
            sys.exit(1)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
