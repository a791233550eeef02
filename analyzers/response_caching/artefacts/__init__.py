"""A recommended cache as configuration for the caches that people run."""
