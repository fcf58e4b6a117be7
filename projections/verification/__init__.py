"""Verification of the log and its read models, together: what must hold of a span of positions, of a whole log."""

from projections.verification.spans import Span, check_span, spans
from projections.verification.whole import Step, verify

__all__ = ["Span", "Step", "check_span", "spans", "verify"]
