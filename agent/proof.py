"""The proof that whoever listens knows the token of STATE/api-token, given before anybody sends it the token.

While the agent is down, any user of the PC may listen on its port. The proof is made over the asker's own nonce, so
that none can be kept, and over the address that the connection came in at, so that none is handed on from another port.
"""

from __future__ import annotations

import hmac

PATH = "/v1/proof"
NONCE_BYTES = 24  # 192 bits: no nonce comes twice


def proof(digest: bytes, nonce: str, address: tuple[str, int]) -> str:
    """Return the proof, in hex. `digest` is the token's; `address` the host and port of the listener's own end."""
    host, port = address
    return hmac.new(digest, f"stillopen\n{nonce}\n{host}\n{port}".encode(), "sha256").hexdigest()
