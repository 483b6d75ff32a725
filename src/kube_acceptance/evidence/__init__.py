"""What a failure leaves for whoever looks into it, with secrets taken out."""

from kube_acceptance.evidence.folder import Folder
from kube_acceptance.evidence.gather import gather
from kube_acceptance.evidence.redact import Redactor

__all__ = ["Folder", "Redactor", "gather"]
