"""Proofs that others can check: signed checkpoints of a log, its events in them, and that a later one goes on."""
