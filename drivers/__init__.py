"""Devices: bytes in and out, and what they mean. Knows no sale and no cloud."""
