"""StUF 03.01 without a sector: messages, stuurgegevens, faults, schema and the entity machinery."""
