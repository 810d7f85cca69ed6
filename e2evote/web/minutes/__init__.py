"""The minutes of an election on paper: drawn, signed, and held against the record."""
