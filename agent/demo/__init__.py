"""A whole shop in one process: simulated devices, a small cloud, and a line to it that can be cut."""
