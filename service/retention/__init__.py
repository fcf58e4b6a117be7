"""Retention: old content goes by policy, and what is kept reads as before."""
