"""The configuration, said in pyproject.toml, and otherwise for one run: by an option of pytest or by a variable.

An option counts more than a variable, a variable more than the file, and the file more than a default. Names and help
of options and variables come from the keys of `config.Config`: whoever adds a key there has both. `settings.options` is
not imported here, because it needs pytest, which takes longer than most commands.
"""

from kube_acceptance.settings.keys import FILE_ALONE, KEYS, OTHERS, VARIABLES, Key
from kube_acceptance.settings.sources import Said, load, otherwise, variables

__all__ = [
    "FILE_ALONE",
    "KEYS",
    "OTHERS",
    "VARIABLES",
    "Key",
    "Said",
    "load",
    "otherwise",
    "variables",
]
