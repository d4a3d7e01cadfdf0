"""Delivery, proven on real receivers."""
