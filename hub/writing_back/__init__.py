"""Writing an account's health back into one field of the vendor's record, where a tenant wants it.

What is due stands in `written`, one document for each record; see docs/health.md.
"""
