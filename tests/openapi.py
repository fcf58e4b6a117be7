"""The API's OpenAPI document. As a program, it writes it to a file, for whoever generates code from it."""

import json
import sys
from pathlib import Path

from service.app import create_api

DOCUMENT = create_api().openapi()
"""Made once: it takes a second or two, and names what several tests are about."""


def main() -> None:
    Path(sys.argv[1]).write_text(json.dumps(DOCUMENT))


if __name__ == "__main__":
    main()
