"""The voting booth over HTTP, thin: ``e2evote.election`` decides who may do what, and the voter's page encrypts.

``settings`` is what the organiser configures; ``published`` what everybody may know of the election; ``files`` all that
a voter's browser is given, the same bytes for everybody; ``booth`` puts a running booth together. ``api`` is what the
page asks, by ``bodies`` and under the conditions of ``callers``; ``outbox`` shows messages to developers, and
``application`` serves all of it beside the board.
"""
