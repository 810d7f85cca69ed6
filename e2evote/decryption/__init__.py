"""Threshold decryption by the available guardians U, |U| ≥ k, with one joint proof a ciphertext.

``statements`` says what may be decrypted and refuses what would betray a voter, ``rounds`` is the protocol between the
guardians, ``results`` turns decrypted statements into entries of the record.
"""
