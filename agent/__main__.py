"""`python -m agent` is `hone`."""

from agent.cli import main

if __name__ == "__main__":
    main()
