"""Acknowledged writes, kept outside the reach of the fault, and what became of them."""

from kube_acceptance.ledger.ledger import Ledger, Write, WriteOutcome
from kube_acceptance.ledger.load import Load
from kube_acceptance.ledger.way import Way

__all__ = ["Ledger", "Load", "Way", "Write", "WriteOutcome"]
