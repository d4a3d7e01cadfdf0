"""A process of its own: in each of its children, eight threads check a message as the first that the child does."""

import os
import sys
import threading

from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed

DRADEN = 8
BERICHT = b'<zakLk01 xmlns="http://www.egem.nl/StUF/sector/zkn/0310"/>'


def kind() -> bool:
    """Whether each thread hears that the message is not valid, and nothing else happens."""
    hek = threading.Barrier(DRADEN)
    oordelen = []

    def doe() -> None:
        element = ontleed(BERICHT)
        hek.wait()
        oordelen.append(len(controleer(element)))

    draden = [threading.Thread(target=doe) for _ in range(DRADEN)]
    for draad in draden:
        draad.start()
    for draad in draden:
        draad.join()
    return len(oordelen) == DRADEN and all(oordelen)


def main() -> None:
    """Print of how many children, one after the other, it went wrong."""
    mis = 0
    for _ in range(int(sys.argv[1])):
        pid = os.fork()
        if not pid:
            os._exit(0 if kind() else 1)
        mis += os.waitpid(pid, 0)[1] != 0
    print(mis)


if __name__ == "__main__":
    main()
