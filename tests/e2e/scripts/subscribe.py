"""Subscribe to events whose names begin with the arguments, and print each as a line, up to one named `the.end`."""

import asyncio
import sys

from prefect.events.clients import PrefectEventSubscriber
from prefect.events.filters import EventFilter, EventNameFilter


async def main(prefixes: list[str]) -> None:
    asked = EventFilter(event=EventNameFilter(prefix=[*prefixes, "the.end"]))
    async with PrefectEventSubscriber(filter=asked) as subscriber:
        print("subscribed")
        async for event in subscriber:
            if event.event == "the.end":
                return
            print(event.model_dump_json())


asyncio.run(main(sys.argv[1:]))
