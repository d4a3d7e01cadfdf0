"""A process of its own: in each of its children, eight threads check a message as the first that the child does."""

import os
import sys
import threading

from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse

THREADS = 8
BERICHT = b'<zakLk01 xmlns="http://www.egem.nl/StUF/sector/zkn/0310"/>'


def child() -> bool:
    """Tell whether each thread hears that the message is not valid, and nothing else happens."""
    hek = threading.Barrier(THREADS)
    verdicts = []

    def do() -> None:
        element = parse(BERICHT)
        hek.wait()
        verdicts.append(len(check(element)))

    threads = [threading.Thread(target=do) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(verdicts) == THREADS and all(verdicts)


def main() -> None:
    """Print of how many children, one after the other, it went wrong."""
    mis = 0
    for _ in range(int(sys.argv[1])):
        pid = os.fork()
        if not pid:
            os._exit(0 if child() else 1)
        mis += os.waitpid(pid, 0)[1] != 0
    print(mis)


if __name__ == "__main__":
    main()
