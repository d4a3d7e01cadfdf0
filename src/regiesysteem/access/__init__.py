"""Identity, rights, and the record of what was looked at; for machines and people alike."""
