"""How soon the page shows what it shows: `uv run python -m benchmarks.page`."""
