"""Words: what people type, what they are answered, and how messages are built for every platform."""
