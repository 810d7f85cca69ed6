"""Signing in, and what a voter has done: a library without HTTP.

``settings`` is what the organiser configures; ``robots`` keeps simple programs away; ``desk`` sends one-time codes and
judges them, ``gateways`` and ``courier`` carry them; ``service`` signs voters in; ``voting`` binds a voter to a ballot
and keeps in step with the board, so that nobody votes twice and no vote is lost (docs/adr/0030).

Times come from a clock that is handed in. What is refused is a ``RefusedError`` with a reason, for which ``texts`` has
the words in each language.
"""
