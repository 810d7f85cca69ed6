"""The administrator's directory of one election, and everything that is done in it, without asking a person.

The command line and the organisers' pages are two faces of this room.
"""
