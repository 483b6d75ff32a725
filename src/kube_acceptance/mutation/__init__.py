"""Mutants: a protection taken away, to see that the suite notices."""

from kube_acceptance.mutation.mutant import Mutant, load, load_all, load_removal
from kube_acceptance.mutation.removal import Removal

__all__ = ["Mutant", "Removal", "load", "load_all", "load_removal"]
