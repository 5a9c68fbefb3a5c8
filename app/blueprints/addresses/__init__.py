"""Members' addresses, sealed."""
