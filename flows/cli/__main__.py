"""`python -m flows.cli` is the `phonefleet` command."""

from flows.cli.main import main

main()
