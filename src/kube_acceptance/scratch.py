"""Folders for what only one run needs, by whose names `kube-acceptance clean` knows the process that they belong to."""

from __future__ import annotations

import os
import re
import tempfile

NAME = re.compile(r"kube-acceptance-(?P<pid>\d+)-")


def scratch(purpose: str) -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with this process, or, when that was killed, with `kube-acceptance clean`."""
    return tempfile.TemporaryDirectory(prefix=f"kube-acceptance-{os.getpid()}-{purpose}-")
