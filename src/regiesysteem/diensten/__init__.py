"""The operations: one module each, the table that lists them, admission, and the transaction around one message."""
