"""Notifications and transfers: who is told what, and bringing it there (RZS 1.0, 5.1, 6.1 and 6.8 - 6.10)."""
