"""The mirror: a log copied into a Redis Stream, once and in order, however many copy it."""
