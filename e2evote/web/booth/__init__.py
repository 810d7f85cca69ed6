"""The booth: where voters vote."""
