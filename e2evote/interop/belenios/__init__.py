"""Belenios, version 1 of its archives."""
