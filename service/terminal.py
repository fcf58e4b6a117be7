"""What maintenance shows on the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.progress import TaskID
from rich.table import Column, Table
from rich.text import Text

from projections import steps
from projections.steps import Way
from service.audit import plain
from service.maintenance import FileLine, GoneLine, KeyLine, Maintenance
from service.moving.showing import bars_on

ENDED = {
    Way.REPLACE: "The read models are what the log says. Differences were put right in the switch.",
    Way.KEEP: "The read models are what the log says. Differences were put right in the switch.",
    Way.COMPARE: "Nothing was changed: this is what a rebuild would put right.",
    Way.BACK: "The rows from before serve again, brought up to date. The others are kept now.",
}


def show_rebuild(
    maintenance: Maintenance, console: Console, *, log: str | None, projection: str | None, way: Way
) -> bool:
    """Rebuild with a bar per read model, then say what came of it; tell whether there was no difference."""
    table = Table("Log", "Read model", *(Column(name, justify="right") for name in ("Position", "Rows", "Differences")))
    examples: list[str] = []
    differences = 0
    with bars_on(console) as bars:
        tasks: dict[tuple[str, str], TaskID] = {}

        def report(step: steps.Progress | steps.Rebuilt) -> None:
            nonlocal differences
            name = (step.log, step.projection)
            if name not in tasks:
                tasks[name] = bars.add_task("/".join(name), total=step.position)
            if isinstance(step, steps.Progress):
                bars.update(tasks[name], completed=step.position, total=step.head)
            else:
                bars.update(tasks[name], completed=step.position, total=step.position)
                numbers = (step.position, step.rows, step.differences)
                table.add_row(step.log, step.projection, *(f"{number:,}" for number in numbers))
                differences += step.differences
                examples.extend(f"{'/'.join(name)}: {plain(each)}" for each in step.examples)

        maintenance.rebuild(report, log=log, projection=projection, way=way)
    console.print(table)
    for each in examples:
        console.print(Text(each), soft_wrap=True)
    console.print(ENDED[way])
    return differences == 0


def show_retention(lines: list[GoneLine], console: Console, *, dry_run: bool) -> None:
    if not lines:
        console.print("There are no retention policies. Set one with: PUT /api/retention/NAME")
        return
    table = Table("Policy", *(Column(name, justify="right") for name in ("Artifacts", "Bodies", "Bytes")))
    for line in lines:
        table.add_row(line.policy, f"{line.artifacts:,}", f"{line.bodies:,}", f"{line.size_bytes:,}")
    console.print(table)
    console.print("This is what would go; nothing has gone." if dry_run else "This has gone. The headers stay.")


def show_archive(files: Iterable[FileLine], console: Console, done: str) -> None:
    """A line for each file as it is done; then what it came to."""
    bodies = size_bytes = count = 0
    for line in files:
        console.print(f"{line.file}  {line.bodies:,} bodies  {line.size_bytes:,} bytes", soft_wrap=True)
        bodies, size_bytes, count = bodies + line.bodies, size_bytes + line.size_bytes, count + 1
    console.print(f"{done}: {bodies:,} bodies in {count:,} files, {size_bytes:,} bytes." if count else "Nothing to do.")


def show_keys(keys: list[KeyLine], console: Console) -> None:
    if not keys:
        console.print("There are no API keys. Make one with: digsite-server keys create NAME")
        return
    table = Table("Name", "Scope", "Log", "Created", "Revoked")
    for key in keys:
        table.add_row(key.name, key.scope, key.log or "all", key.created, key.revoked or "")
    console.print(table)
