"""What this system tells others of its own accord: notificaties and transfers of zaken (RZS 1.0)."""
