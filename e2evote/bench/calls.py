"""What is measured of a booth, by name: the calls of a voter's page, and what is said of each and of all."""

STEPS = ("turn", "question", "sign-in", "enter", "begin", "commit", "code", "cast")
"""What a voter's page calls, in this order."""

EVERY, MESSAGE = "every call", "a code arrives"
CALLS = (EVERY, *STEPS, MESSAGE)

MEDIAN, SLOW, SLOWEST = "median", "95 %", "slowest"
WAITS = ((MEDIAN, 0.5), (SLOW, 0.95), (SLOWEST, 1.0))
"""What is said of the waits for a call: the one behind which this share of them lies."""

VOTE, COME, AT_ONCE, AGAIN = "cast a vote", "a voter comes", "voters at once", "asked again"
