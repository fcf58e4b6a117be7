"""Run a deployment, wait for its run in each way that the SDK has, and print the name of the state that it came to."""

import asyncio
import json
import sys
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.flow_runs import wait_for_flow_run
from prefect.states import Cancelling

TIMEOUT_S = 60


async def main(way: str, deployment: str, parameters: dict[str, Any]) -> FlowRun:
    if way == "run":
        return await run_deployment(deployment, parameters=parameters, timeout=TIMEOUT_S, poll_interval=0.2)
    started = await run_deployment(deployment, parameters=parameters, timeout=0)
    async with get_client() as client:
        if way == "cancel":
            await until_running(client, started)
            await client.set_flow_run_state(started.id, Cancelling())
    return await wait_for_flow_run(started.id, timeout=TIMEOUT_S)


async def until_running(client: Any, run: FlowRun) -> None:
    while not (await client.read_flow_run(run.id)).state.is_running():
        await asyncio.sleep(0.1)


ended = asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
assert ended.state is not None
print(json.dumps({"flow_run_id": str(ended.id), "name": ended.name, "state": ended.state.type.value}))
