"""Cuts texts of others to a length before we repeat them, and shows that they were cut."""


def shorten(text: str, length: int) -> str:
    """Give a text of at most `length` characters; the last is … when something was cut off."""
    return text if len(text) <= length else text[: length - 1] + "…"
