"""Previews: what can be said of an artifact's data in one row of a list. Pure; whatever the data is, there is one."""

from service.previews.glance import Glance, glance, looked_into, measure, preview, shown_as

__all__ = ["Glance", "glance", "looked_into", "measure", "preview", "shown_as"]
