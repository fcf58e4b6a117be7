"""Exports: a log, or a part of it, in files that can be read without Digsite; and the way back."""
