"""Power cut on purpose: what was acknowledged is counted outside this PC, and compared when it is back."""
