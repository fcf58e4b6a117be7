"""Deciding: from what is known and a command to events. Pure: no database, no HTTP, no clock."""
