"""What it costs to push events, and how soon they come: `uv run python -m benchmarks.streams`."""
