"""The public pages of an election: what it is about, its keys, turnout, results, and what a server could still do.

Everything on them is on the election's board. ``known`` reads its files, ``turnout`` counts its ballots, ``results``
and ``chart`` say what the tallies say; ``pages`` answers people, and ``feeds`` programs. ``booth`` is what a voting
booth beside the pages tells of itself.
"""
