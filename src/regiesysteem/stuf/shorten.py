"""Texts of others that we repeat: cut to a length, so that one sees that there was more."""


def shorten(text: str, length: int) -> str:
    """A text of at most `length` characters; the last is … where something was cut off."""
    return text if len(text) <= length else text[: length - 1] + "…"
