"""The ledger's schema, one revision after the other. Run by `phonefleet.ledger.schema_upgrade`, never by hand."""
