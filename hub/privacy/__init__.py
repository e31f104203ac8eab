"""The right to be forgotten and the right to a copy: suppression, erasure, export, and proof."""
