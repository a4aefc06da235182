"""The order of things: Prefect flows, one file per verb, and the command line over them."""
