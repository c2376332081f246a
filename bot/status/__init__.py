"""What customers may read: masking and the words of the status page. Pure."""
