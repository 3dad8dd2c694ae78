"""Proving to a cloud who is calling: sign-ins, signatures, and where the secrets of both are kept."""
