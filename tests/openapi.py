"""Writes the API's OpenAPI document to a file, for whoever generates code from it."""

import json
import sys
from pathlib import Path

from service.app import create_api


def main() -> None:
    Path(sys.argv[1]).write_text(json.dumps(create_api().openapi()))


if __name__ == "__main__":
    main()
