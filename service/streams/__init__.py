"""Digsite's own stream: where a reader begins, and what it is told."""
