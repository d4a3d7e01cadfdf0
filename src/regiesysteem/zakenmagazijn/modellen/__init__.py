"""The tables of the zakenmagazijn, one module per subject."""
