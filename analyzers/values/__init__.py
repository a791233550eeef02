"""Values inside texts: where one begins and ends, whether it is a time, and what a text is without its form."""
