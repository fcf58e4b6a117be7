"""The example of Prefect's documentation for its REST API, as it stands there but for the address and the key."""

import os

import requests

PREFECT_API_URL = os.environ["PREFECT_API_URL"]
PREFECT_API_KEY = "pnu_ghijk"
data = {"sort": "CREATED_DESC", "limit": 5, "artifacts": {"key": {"exists_": True}}}

headers = {"Authorization": f"Bearer {PREFECT_API_KEY}"}
endpoint = f"{PREFECT_API_URL}/artifacts/filter"

response = requests.post(endpoint, headers=headers, json=data)
assert response.status_code == 200
for artifact in response.json():
    print(artifact)
