"""StUF-ZKN 3.10 and the part of StUF-BG 3.10 that zaken need: one table per entity."""
