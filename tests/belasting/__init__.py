"""The benchmarks: a server under load beside the floor, what the same work costs when written by hand."""
