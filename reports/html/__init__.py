"""Write the run as one page that loads nothing and runs only its own script."""

from reports.html.page import page

__all__ = ["page"]
