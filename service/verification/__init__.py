"""Verification as the service offers it: a command, and a background check."""
