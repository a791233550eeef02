"""What a cache of answers in front of the provider would hit, and how often it would be wrong."""
