"""Errors that are for whoever gave a command."""


class Meldbaar(Exception):
    """An error whose text, in Dutch, says what to do; `uitgang` is the exit code of the command that meets it.

    1: what was asked cannot be. 2: the surroundings are wrong.
    """

    uitgang = 1
