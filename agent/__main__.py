"""`python -m agent` is `hone`."""

from agent.cli import main

main()
