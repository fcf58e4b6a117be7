"""Erasing: what was recorded loses its content, everywhere, and keeps its place and its proof.

    what is asked for ─► found ─► shown (dry run) ─► confirmed ─► `requested` recorded
                                                                       │
          `completed` recorded ◄─ projections folded anew ◄─ bodies go ◄─ `begun` ◄─ what lives of it is deleted

All behind `requested` is done by the eraser, a cursor over the log: whatever is killed when, it goes on from there.
"""
