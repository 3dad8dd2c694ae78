"""Facts: the journal, the clouds they are delivered to, and the local catalogue. Knows no device."""
