"""Ballots that are encrypted before anybody votes on them, for elections by mail (EG-2.1 §4)."""
