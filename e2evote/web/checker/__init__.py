"""The checker: what a second device judges a challenged ballot with."""
