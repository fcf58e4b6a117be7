"""Comparing: from two contents to what changed. Pure: no database, no HTTP, no clock.

content  ─► what the data is: a table, a text, a number, ...
alignment ─► which items of two sequences are the same ones
table, text, number, link, image, tree  ─► what changed, each kind in its own words
comparison  ─► the one that fits two contents
blame  ─► which of many versions last changed each line or cell
"""
