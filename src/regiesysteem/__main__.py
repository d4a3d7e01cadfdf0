"""`python -m regiesysteem` is `regie`."""

from regiesysteem.cli import app

if __name__ == "__main__":
    app(prog_name="regie")
