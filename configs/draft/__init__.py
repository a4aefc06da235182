"""A first fleet file, made from what an operator has: a list of domains, Deploy CLI or Terraform folders."""
