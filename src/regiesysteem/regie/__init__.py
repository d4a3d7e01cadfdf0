"""The sight and the work of a regisseur: read models of plans, and changes, each made by its operation."""
