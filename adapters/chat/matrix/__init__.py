"""Matrix as a place where people talk (https://spec.matrix.org/latest/client-server-api/)."""
