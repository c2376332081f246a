"""The blameless postmortem, built from the events alone. Pure."""
