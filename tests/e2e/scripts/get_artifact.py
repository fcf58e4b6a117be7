"""Print what `Artifact.get` answers with for a key, as JSON."""

import json
import sys

from prefect.artifacts import Artifact

found = Artifact.get(sys.argv[1])
print(json.dumps(None if found is None else {"data": found.data, "key": found.key}))
