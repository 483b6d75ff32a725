"""The cluster that this process is a pod of."""

from __future__ import annotations

from pathlib import Path

import yaml

from kube_acceptance.cluster.existing import Existing
from kube_acceptance.errors import ClusterError

IN_CLUSTER = "in-cluster"
"""What `--cluster` calls it."""
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Inside(Existing):
    """An existing cluster, by the service account of this pod.

    Args:
        folder: Where a kubeconfig of the account is kept.
        kubectl: The program.
        ingress: As for `Existing`.
        strict: As for `Existing`.
        account: Where kubelet puts the account's token and the cluster's certificate.
    """

    def __init__(
        self, *, folder: Path, kubectl: Path, ingress: str = "", strict: bool = False, account: Path = ACCOUNT
    ) -> None:
        super().__init__(IN_CLUSTER, folder=folder, kubectl=kubectl, engine=None, ingress=ingress, strict=strict)
        self._account = account

    def _context(self) -> str:
        if not (self._account / "token").is_file():
            raise ClusterError(
                f"--cluster {IN_CLUSTER} is for a pod, and there is no service account in {self._account}",
                hint="Name a context of the kubeconfig.",
            )
        # by files, not by what is in them: kubelet renews the token
        cluster = {
            "server": "https://kubernetes.default.svc",
            "certificate-authority": str(self._account / "ca.crt"),
        }
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.name,
            "clusters": [{"name": self.name, "cluster": cluster}],
            "users": [{"name": self.name, "user": {"tokenFile": str(self._account / "token")}}],
            "contexts": [{"name": self.name, "context": {"cluster": self.name, "user": self.name}}],
        }
        text: str = yaml.safe_dump(content)
        return text
