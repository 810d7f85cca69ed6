"""What a guardian keeps secret: sealed at rest, answered once, backed up on paper.

``passphrase`` and ``sealed`` encrypt bytes, ``folder`` writes them, ``vault`` is the guardian's long-term secret,
``journal`` the memory of what was answered, ``backup``, ``words`` and ``paper`` a copy that survives the machine. The
formats are in docs/formats/guardian-secrets.md.
"""
