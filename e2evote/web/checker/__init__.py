"""The checker of challenged ballots: one file that works alone, and the reports that it sends.

``page`` makes the file: its script is joined by ``bundle``, its words are in ``texts``. ``reporting`` takes in reports.
"""
