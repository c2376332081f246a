"""Alert sources: what senders post, understood. Pure, no I/O."""
