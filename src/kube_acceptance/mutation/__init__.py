"""Mutants: a protection taken away, to see that the suite notices."""

from kube_acceptance.mutation.mutant import Mutant, load, load_all

__all__ = ["Mutant", "load", "load_all"]
