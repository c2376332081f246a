"""An incident: what it is, what may be done to it, what happened, and what follows outside."""
