"""Who hears what happens: the messages that go out, and the way they go."""
