"""Detection: what is plugged in, what it probably is, and the lines to write for it. Nothing here opens a port."""
