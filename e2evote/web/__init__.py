"""The bulletin board's public face and its door: pages, static resources, submission, and a witness of logs.

``board`` puts the application together: ``public`` serves what mirrors copy, ``pages`` what voters read, ``submission``
what sign-in and polling stations send, ``checkpointing`` signs at an interval and asks the witnesses. ``witness_server``
is an application of its own. Nothing here decides about a vote: that is done by ``election``.
"""
