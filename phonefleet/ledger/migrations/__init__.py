"""The ledger's schema, one revision after the other. Run by `phonefleet.ledger.schema`, never by hand."""
