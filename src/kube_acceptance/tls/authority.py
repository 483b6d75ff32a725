"""A certificate authority that is made for a scenario, and goes with it."""

from __future__ import annotations

import base64
import ssl
from typing import Any


class Authority:
    """Issues certificates; its keys are in memory alone, and in the Secrets that are made of it."""

    def __init__(self) -> None:
        import trustme  # what it is made of takes a while to load, and few runs need it

        self._authority = trustme.CA()

    @property
    def context(self) -> ssl.SSLContext:
        """A client that trusts this authority and no other."""
        context = ssl.create_default_context(cadata=self._authority.cert_pem.bytes().decode())
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def secret(self, name: str, host: str) -> dict[str, Any]:
        """A Secret of the kind that an Ingress names, with a certificate for a host and its key.

        Args:
            name: The Secret's name.
            host: The host.
        """
        issued = self._authority.issue_cert(host)
        chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
        data = {"tls.crt": chain, "tls.key": issued.private_key_pem.bytes()}
        return {
            "metadata": {"name": name},
            "type": "kubernetes.io/tls",
            "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
        }
