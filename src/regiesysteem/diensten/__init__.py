"""The operations: their functions, the table that lists them, admission, and the transaction around one message."""
