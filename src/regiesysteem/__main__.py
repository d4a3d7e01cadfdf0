"""`python -m regiesysteem` is `regie`."""

import gc

# Importing makes no garbage, and looking for it takes a seventh of the start.
gc.disable()

from regiesysteem.cli import app  # noqa: E402

gc.enable()

if __name__ == "__main__":
    app(prog_name="regie")
