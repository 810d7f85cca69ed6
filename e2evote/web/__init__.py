"""The bulletin board's public face and its door: pages, static resources, submission, and a witness of logs.

``application`` puts a board's server together: ``public`` serves what mirrors copy, ``pages`` what voters read,
``submission`` takes in what others may send; beside them ``publishing`` publishes checkpoints, which ``witness_client``
brings to the witnesses, and ``verification`` verifies proofs. ``witness_server`` is a server of its own. Nothing here
decides about a vote: that is done by ``election``.
"""
