"""ElectionGuard 2.1.0 in EGRF v2, a draft record format of another implementation."""
