"""Which files are the project's own, and no package's."""

from __future__ import annotations

import re
from collections.abc import Iterable


class Own:
    """Files and folders that need no package.

    Args:
        paths: Each stands for itself and all below it; `*` stands for anything within one name.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self.paths = tuple(path.strip("/") for path in paths)
        self._patterns = [
            re.compile("[^/]*".join(re.escape(part) for part in path.split("*")) + "(/.*)?") for path in self.paths
        ]

    def __contains__(self, path: str) -> bool:
        return any(pattern.fullmatch(path) for pattern in self._patterns)

    def unused(self, there: Iterable[str]) -> list[str]:
        """The paths for which nothing is there."""
        left = dict(zip(self.paths, self._patterns, strict=True))
        for each in there:
            for path in [path for path, pattern in left.items() if pattern.fullmatch(each)]:
                del left[path]
        return list(left)
