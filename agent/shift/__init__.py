"""Shifts: their figures, what is counted in the drawer, and their reports on paper and as CSV."""
