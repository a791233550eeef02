"""Digests: what a day or a week brought, on one screen, for people who do not watch a dashboard."""
