"""Places where a postmortem is put."""
