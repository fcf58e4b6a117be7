"""Webhooks: named subscriptions whose events the server posts itself.

dispatcher ─► one courier per webhook ─► lease ─► message ─► checked address ─► POST ─► ack, or try again later
"""
