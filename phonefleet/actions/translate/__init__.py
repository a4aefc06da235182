"""A new source from an old one."""
