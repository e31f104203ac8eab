"""A tenant's scoring as versioned documents: drafted, tried dry, activated, never changed again.

- `active` - the revision that counts, or the default
- `drafts` - writing a revision, its difference from the active one
- `freezing` - reference values and rates of the tenant as of now
- `dry_run` - what a draft would do to every account
- `activation` - putting a draft in force, and what follows from that
"""
