"""The record verifier: boxes 1–19 of the specification, one module a box, and what the boxes leave open.

Checks carry the specification's ids ("6.D") or, where it has none, ids of our own ("X.codes-unique"). Nothing here
imports anything that produces. A failed check is a finding, and the verifier goes on; what could not be computed is
counted as not run, never as passed.
"""
