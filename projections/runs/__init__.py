"""The projection `runs`: the flow runs and task runs that write artifacts, with their flows and deployments.

It is folded from Prefect's events of runs, flows and deployments, and from observations: what only the upstream's
REST API knows of them (`docs/adr/0018-runs.md`).
"""

from projections.runs.projector import RUN_PROJECTOR
from projections.runs.rows import Deployment, Flow, FlowRun, TaskRun
from projections.runs.tables import DEPLOYMENTS, FLOW_RUNS, FLOWS, NAME, TASK_RUNS

__all__ = [
    "DEPLOYMENTS",
    "FLOWS",
    "FLOW_RUNS",
    "NAME",
    "RUN_PROJECTOR",
    "TASK_RUNS",
    "Deployment",
    "Flow",
    "FlowRun",
    "TaskRun",
]
