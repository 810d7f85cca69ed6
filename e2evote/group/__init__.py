"""The group in which everything is encrypted: parameters, elements, fast powers, randomness."""
