"""A connector tried out by its writer: one delivery or record, step by step, without any store."""
