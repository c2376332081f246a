"""Everything that speaks HTTP to us: alerts, acknowledge links, health, the public status page."""
