"""Cards at the till: a payment by a reader that a cloud drives, each step written down before it is sent."""
