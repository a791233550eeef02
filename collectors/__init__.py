"""Bytes in, calls out: where logs come from and how each format is read."""
