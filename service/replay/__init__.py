"""Replays: a piece of history, sent once more to a target that is named. Nothing of the server hears of it."""
