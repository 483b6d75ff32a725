"""TLS with a certificate authority of the harness's own, which nobody trusts but whoever is told to."""

from kube_acceptance.tls.authority import Authority
from kube_acceptance.tls.trusted import ask, must_be_refused

__all__ = ["Authority", "ask", "must_be_refused"]
