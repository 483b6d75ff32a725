"""Acknowledged writes, kept outside the reach of the fault, and what became of them."""

from kube_acceptance.ledger.ledger import Ledger, WriteOutcome

__all__ = ["Ledger", "WriteOutcome"]
