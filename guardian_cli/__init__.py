"""The guardians' program: what a guardian keeps and does on a machine of its own, often without a network."""
