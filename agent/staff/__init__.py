"""Who works in the store, what each may do, and what is kept of it."""
