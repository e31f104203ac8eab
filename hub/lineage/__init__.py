"""Lineage: from a value that is shown back to what the vendor said, and who brought it.

A chain is plain data: {"value", "record", "raw", "brought_by", "mapping", "version", "former"}.
Nothing of it is stored beyond what the engine keeps anyway; docs/lineage.md says for how long.
"""
