"""A back office that plays the interactions of the social domain against a running server, with a zeep client."""
