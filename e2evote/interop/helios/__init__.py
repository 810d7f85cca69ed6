"""Helios, its legacy JSON."""
