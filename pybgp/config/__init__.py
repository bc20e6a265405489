"""What the operator asked for: values with their defaults, read from TOML or the command line, checked and compared."""
