"""Ask the server on this machine whether it is alive: `python -m todo_backend.healthcheck`.

For whoever watches the server and cannot ask by HTTP itself; it needs nothing but Python.
"""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection

SECONDS = 2


def main() -> int:
    """Return 0 if /livez answers 200, else 1."""
    connection = HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=SECONDS)
    try:
        connection.request("GET", "/livez")
        return 0 if connection.getresponse().status == 200 else 1
    except OSError as error:
        print(f"/livez does not answer: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
