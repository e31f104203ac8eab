"""The long proofs: what the hub promises, tried on real processes and written down."""
