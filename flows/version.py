"""The installed version of phonefleet."""

from importlib.metadata import version

VERSION = version("phonefleet")
