"""What an election costs on this machine, in powers of the same machine and minute.

``workload`` says what is voted, ``phases`` measures an election in memory, ``scaling`` how cost grows; ``figures`` has
the unit and what was measured, ``plot`` draws it. Nothing is measured that is not right: ballots must verify, forged
ballots must not, and the tallies must be those of the plaintexts.
"""
