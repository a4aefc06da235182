"""Code for the state that a migration left, in the formats of the tools that keep tenants. Pure: texts, no files."""
