"""What fails on the pages of Prefect's UI with Prefect alone, and why."""

from tests.e2e.ui.visit import Complaint

ALONE_TOO: dict[Complaint, str] = {
    "404 GET /favicon.ico": "the browser looks for it; the UI has its icons elsewhere",
    "404 GET /ico/undefined.svg": "v1 asks for the icon of a state that it does not know yet",
    "404 GET /completed.svg": "v2 looks for the icon of a state where v1 begins",
    "422 POST /api/flow_runs/filter": 'v2 asks for the flow run "" of an artifact that has none',
    "422 POST /api/task_runs/filter": 'v2 asks for the task run "" of an artifact that has none',
    "failed GET https://sr-client-cfg.amplitude.com": "v2 asks who watches its users, also when nobody may",
}
"""The reason of each complaint that is not Digsite's."""
