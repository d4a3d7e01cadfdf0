"""Regiesysteem: zakenmagazijn and regie for the social domain, in StUF-ZKN 3.10, ZDS 1.1 and RZS 1.0."""
