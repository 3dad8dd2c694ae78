"""Simulated devices, and the wires to them."""
