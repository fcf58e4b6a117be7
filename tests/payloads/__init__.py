"""What others may write to make a page do what it shouldn't: HTML and Markdown that sets `window.__xss`, if it runs."""

import json
from pathlib import Path

FAMILIES: dict[str, list[str]] = json.loads((Path(__file__).parent / "xss.json").read_text())
PAYLOADS = [payload for family in FAMILIES.values() for payload in family]
