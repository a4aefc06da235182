"""Secrets: references become values only when they are sent, and values are kept out of everything else.

`patterns` defines what a secret looks like: its name, its value, its place in a URL or a text. `store` is the only
module that reads values.
"""
