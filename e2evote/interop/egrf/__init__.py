"""ElectionGuard 2.1.0 in EGRF v2, another implementation's draft of a record format."""
