"""Helm's post-renderer: reads rendered objects, writes them without the mutant's protection.

Called by Helm as `python -m kube_acceptance.mutation.render MUTANT.yaml`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.manifests import read_manifests
from kube_acceptance.mutation.mutant import load_removal
from kube_acceptance.mutation.removal import NAMESPACE


def main() -> int:
    """Filter standard input to standard output; exit status 1 with a sentence when the mutant fits nothing."""
    try:
        mutant = load_removal(Path(sys.argv[1]))
        objects = read_manifests(sys.stdin.read())
        # in JSON all texts are quoted: 1e5 is a number to Helm, and none to PyYAML
        changed = "\n---\n".join(json.dumps(item) for item in mutant.change(objects))
        sys.stdout.write(changed.replace("${NAMESPACE}", os.environ[NAMESPACE]))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
