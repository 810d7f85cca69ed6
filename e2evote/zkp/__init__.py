"""Zero-knowledge proofs, one a file: prove and verify side by side, used by producer and verifier alike."""
