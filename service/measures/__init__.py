"""Measures: numbers that data has, so that its states can be drawn beside each other. Pure."""

from service.measures.cell import Cell
from service.measures.change import Change
from service.measures.extent import EXTENTS, extents
from service.measures.number import Number

__all__ = ["EXTENTS", "Cell", "Change", "Number", "extents"]
