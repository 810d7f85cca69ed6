"""The electoral roll: who may vote, on which ballot style, with what weight, and how a code reaches them.

``text``, ``national_id`` and ``fields`` read what people type, ``reading`` takes a file of members and explains every
row that it refuses, ``importing`` puts them into the people's database, ``summary`` looks at what is there.
"""
