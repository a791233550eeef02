"""Log records as their producers write them, one file per format."""
