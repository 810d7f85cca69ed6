"""Arithmetic modulo p over batches: GMP always, others where the machine has them; all give the same numbers."""
