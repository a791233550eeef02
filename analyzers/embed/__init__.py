"""Texts become vectors: one small interface, several models behind it."""

from analyzers.embed.choice import DEFAULT, STATIC, default_embedder, embedder_named

__all__ = ["DEFAULT", "STATIC", "default_embedder", "embedder_named"]
