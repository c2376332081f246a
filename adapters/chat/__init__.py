"""Places where people talk."""
