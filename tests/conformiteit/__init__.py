"""Our schemas against the published ones: the same verdict on the same message."""
