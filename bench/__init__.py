"""Ours, the peer and the limit, measured in turns within one run: `python -m bench`."""
