"""Proof: which recommendations were carried out, as the stream shows it, and what the calls since really cost less."""
