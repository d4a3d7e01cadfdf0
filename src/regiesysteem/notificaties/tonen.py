"""How the commands write what they show."""


def geteld(aantal: int, een: str, meer: str) -> str:
    """A number with what there are so many of."""
    return f"{aantal} {een if aantal == 1 else meer}"
