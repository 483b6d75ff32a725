"""A first `features/` for a chart, made of general phrases alone: what its rendering holds, said as behaviour.

`holdings` reads the rendering; a module a feature (`chart`, `installation`, `connections`, `faults`) says what of it
can be said; `section` writes the configuration, and `draft` brings all of it together and to the disk.
"""

from kube_acceptance.scaffold.draft import Draft, draft, must_be_new, write

__all__ = ["Draft", "draft", "must_be_new", "write"]
