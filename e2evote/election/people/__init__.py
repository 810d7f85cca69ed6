"""What an election must know of people, in a database of its own: never in the board's, never in the record.

Whoever has the database alone learns how many members there are, and nothing of who they are, who has voted or what:
identifiers are keyed hashes, everything else about a person is encrypted, and the keys are in a file elsewhere.

``key`` has the keys, ``schema`` and ``migrations`` the tables, ``database`` opens them; ``members``, ``standings``,
``sessions``, ``codes``, ``counters`` and ``trail`` read and write one table each. The only room beside the board's
storage that speaks SQL. It knows nothing of files of members (``roll``), nor of what is sent to whom (``signin``).
"""
