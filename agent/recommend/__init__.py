"""Findings become recommendations: one plan that adds up, what each step is still worth, and what is not worth its work."""
