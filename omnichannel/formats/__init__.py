"""How moments are written on all pages (settings.FORMAT_MODULE_PATH)."""
