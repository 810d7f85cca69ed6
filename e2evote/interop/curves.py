"""Groups of points on elliptic curves, for records that use them; written like the groups of integers."""
