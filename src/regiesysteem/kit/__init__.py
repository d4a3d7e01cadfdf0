"""The kit that a vendor connects with, made of the tables that the server itself works by."""
