"""Receipt printers: documents in, ESC/POS out, and what the printer says about it back in."""
