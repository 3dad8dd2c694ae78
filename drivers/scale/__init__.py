"""Scales: their protocols, what lies on the pan, and a weight that is taken once."""
