"""Named subscriptions: cursors whose checkpoint the server keeps, and whose events members share.

    the log ──scan──► deliveries (waiting) ──lease──► a member ──ack──► gone
                          ▲                              │
                          └──── nack, lease ended ◄──────┘──► parked, after too many attempts

Only what is outstanding has rows. The subscription's row is the lock of all that happens to it.
"""
