"""Read and write an artifact with the credentials of the environment, and print the status of each answer."""

import json
import sys
from collections.abc import Callable

from prefect.artifacts import Artifact, create_markdown_artifact
from prefect.exceptions import PrefectHTTPStatusError


def status_of(call: Callable[[], object]) -> int:
    try:
        call()
    except PrefectHTTPStatusError as error:
        return error.response.status_code
    return 200


key = sys.argv[1]
read = status_of(lambda: Artifact.get(key))
write = status_of(lambda: create_markdown_artifact("# Hello", key=key))
print(json.dumps({"read": read, "write": write}))
