"""Deploy the flows of `serving.py` to a work pool, as `publish/pooled` and `sleep/pooled`."""

import sys
from pathlib import Path

from prefect import flow

for name in ("publish", "sleep"):
    source = flow.from_source(source=str(Path(__file__).parent), entrypoint=f"serving.py:{name}")
    source.deploy(name="pooled", work_pool_name=sys.argv[1], tags=["pooled"], print_next_steps=False)
