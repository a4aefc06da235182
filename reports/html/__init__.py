"""The run as one self-contained page: it loads nothing, and runs only the script it was written with."""

from reports.html.page import page

__all__ = ["page"]
