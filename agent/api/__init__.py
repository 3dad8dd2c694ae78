"""The local API: a noun a file, a table of routes, and one way from a request to its answer."""
