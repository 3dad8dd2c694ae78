"""Setting a store up: what is asked, what becomes of `stillopen.toml`, and trying its devices."""
