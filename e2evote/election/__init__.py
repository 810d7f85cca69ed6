"""What surrounds the votes of an election: acceptance of ballots on a board, receipts, disputes, the record, alarms."""
