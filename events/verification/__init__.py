"""Verification of a log: what must hold of its events, its streams and its head, and the first of it that does not.

All is read in short statements, beside whoever writes. Nothing is written.
"""

from events.verification.faults import Fault, Wrong
from events.verification.head import check_head
from events.verification.links import Link, check_links, link_at
from events.verification.streams import Walk, check_streams

__all__ = ["Fault", "Link", "Walk", "Wrong", "check_head", "check_links", "check_streams", "link_at"]
