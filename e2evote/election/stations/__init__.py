"""Polling stations (docs/adr/0037): devices that encrypt under the eyes of officials, each with a chain of its own.

The election's side knows who may vote where (``permits``) and takes in what stations send (``intake``);
a station's side decides alone while it is offline (``local``), keeps its chain (``chain``) and does what officials and
voters tell it (``machine``). ``inventory`` lists devices and whose hands they went through; ``minutes`` are what
remains.
"""
