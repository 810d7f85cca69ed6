"""What polling stations ask the election's server: ``POST /stations/api/…``, signed by the station's key."""
