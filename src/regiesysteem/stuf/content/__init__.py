"""The contents of documents in messages: lifted out, kept in scratch space, put back."""
