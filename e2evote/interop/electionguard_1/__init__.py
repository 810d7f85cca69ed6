"""ElectionGuard 0.95 to 1.x, as the reference implementation in Python publishes it."""
