"""Backups of a database, and what must happen when one is put in its place."""
