"""The election record as types, and the files that hold them."""
