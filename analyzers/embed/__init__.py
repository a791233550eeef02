"""Texts become vectors: one small interface, several models behind it."""
