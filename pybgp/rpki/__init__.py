"""Origin validation: what the RPKI says of a route (RFC 6811), and how we hear of it (RTR, RFC 8210)."""
