"""Scanners: from bytes to scans."""
