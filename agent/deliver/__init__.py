"""Digests and events on their way to people: through channels that fail, hang and come back, each by itself."""
