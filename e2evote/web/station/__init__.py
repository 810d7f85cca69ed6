"""The pages of a polling station, served on its own machine: ``/`` for officials, ``/ballot`` for the voter.

They run without script and load nothing from elsewhere. A voter's choices are in this process's memory only, until they
are encrypted.
"""
