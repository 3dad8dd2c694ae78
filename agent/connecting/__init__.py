"""Connecting a cloud: what a person is asked, how their browser comes back, and whether the cloud agrees."""
