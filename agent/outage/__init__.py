"""The outage card: what works, what to refuse and what waits, for a page and for paper."""
