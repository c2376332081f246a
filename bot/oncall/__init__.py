"""Who is on call at an instant, and who is asked next. Pure."""
