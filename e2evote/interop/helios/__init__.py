"""Helios, its legacy JSON: what a server of version 3 or 4 publishes of an election with homomorphic tally.

``documents`` finds the documents among files, ``reading`` parses them, ``proofs`` has the equations, ``ballots`` and
``counting`` the checks, ``family`` puts them together.
"""
