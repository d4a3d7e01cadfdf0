"""Messages for tests, made from a schema: `generator` makes valid ones, `mutaties` breaks them."""
