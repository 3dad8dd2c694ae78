"""The lines out of the shop: the local network, the internet, each cloud, as real calls have shown them."""
