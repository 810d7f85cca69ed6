"""ElectionGuard 2.0.0, as the Kotlin implementations publish it."""
