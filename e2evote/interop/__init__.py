"""Records of other systems: each family is a room that reads foreign bytes and returns this library's report.

No notion of another system leaves its room. Families import the core (groups, hashing, proofs, the verifier's report),
and nothing of each other; ``registry`` knows them all.
"""
