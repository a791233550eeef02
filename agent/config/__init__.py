"""Settings: a TOML file and the environment, checked as a whole before anything starts."""

from agent.config.faults import ConfigError, Fault
from agent.config.load import load, secret_files
from agent.config.settings import Settings

__all__ = ["ConfigError", "Fault", "Settings", "load", "secret_files"]
