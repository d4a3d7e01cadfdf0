"""Notifications and transfers: receivers, messages and delivery (RZS 1.0, 5.1, 6.1 and 6.8 - 6.10)."""
