"""The kit of a vendor: example messages, made of the templates of the conformance runner."""
