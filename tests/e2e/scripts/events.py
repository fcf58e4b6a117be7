"""Send events in each way that the SDK has, and print the ids of what was sent by the name of each way."""

import asyncio
import json
import sys
from pathlib import Path

from prefect.events import Event, emit_event
from prefect.events.clients import get_events_client
from prefect.events.worker import EventsWorker

MANY = 1000


def event(number: int, resource: str) -> Event:
    return Event(event="ship.sailed", resource={"prefect.resource.id": resource}, payload={"number": number})


def by_function() -> list[str]:
    """A script's last lines: nothing waits for the events but the end of the program."""
    sent = [
        emit_event("ship.sailed", {"prefect.resource.id": "ship.function"}, payload={"number": n}) for n in range(9)
    ]
    return [str(each.id) for each in sent if each is not None]


def by_worker() -> list[str]:
    worker = EventsWorker.instance()
    sent = [event(number, "ship.worker") for number in range(MANY)]
    for each in sent:
        worker.send(each)
    worker.drain()
    return [str(each.id) for each in sent]


async def through_a_restart(signals: Path) -> list[str]:
    """Half of the events before the server is killed and started again, half after; the first half is not confirmed."""
    sent = [event(number, "ship.restart") for number in range(200)]
    async with get_events_client(checkpoint_every=10_000) as client:
        for each in sent[:100]:
            await client.emit(each)
        (signals / "half").touch()
        while not (signals / "restarted").exists():
            await asyncio.sleep(0.05)
        for each in sent[100:]:
            await client.emit(each)
    return [str(each.id) for each in sent]


def main(way: str, *arguments: str) -> list[str]:
    if way == "function":
        return by_function()
    if way == "worker":
        return by_worker()
    return asyncio.run(through_a_restart(Path(arguments[0])))


print(json.dumps(main(*sys.argv[1:])))
