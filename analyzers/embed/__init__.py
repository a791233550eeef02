"""Texts become vectors: one small interface, several models behind it."""

from analyzers.embed.choice import DEFAULT, default_embedder

__all__ = ["DEFAULT", "default_embedder"]
