"""A store whose PINs cost little to hash, as one of an older version could be: its file says at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.staff.pins import SALT_BYTES

if TYPE_CHECKING:
    from agent.app import App


async def cheap_pins(app: App) -> None:
    """Before anybody is set up."""
    await app.journal.write(
        lambda connection: (
            connection.execute("insert or ignore into pin_salt values (1, ?, 8, 1, 1)", (b"s" * SALT_BYTES,)).rowcount
        )
    )
