"""An append-only log of opaque entries, in the formats of the transparency ecosystem; knows nothing of voting.

From the inside out: ``merkle`` hashes and proves, ``tiles`` are how hashes and entries are served, ``notes`` are signed
texts, a ``checkpoint`` is the note of a log's state, a ``cosignature`` a witness's statement about it, a ``policy``
says whose are asked for, a ``proof`` holds all that a reader needs offline, ``witness`` is the protocol between log and
witness, ``witness_state`` what a witness remembers. Storage and servers build on these functions, which touch neither
network nor database.
"""
