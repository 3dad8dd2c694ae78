"""The till, the local API, the pages, the service and the command line: what puts drivers and outbox together."""
