"""The way from this machine through the Ingress controller, as users come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from kube_acceptance.wait import Seen, eventually

OPEN_WITHIN = 30.0  # seconds


class Ingress:
    """HTTP through the Ingress controller to one host.

    Args:
        address: The controller's address and port on this machine.
        host: The host name that requests are for.
    """

    def __init__(self, address: tuple[str, int], host: str) -> None:
        self.address = address
        self.host = host

    @property
    def url(self) -> str:
        """What a browser opens; for names below localhost, `steps.browser` knows where the controller is."""
        _, port = self.address
        return f"http://{self.host}/" if port == 80 else f"http://{self.host}:{port}/"  # as a browser writes it

    def to(self, host: str) -> Ingress:
        """The way to another host."""
        return Ingress(self.address, host)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        timeout: float = 10,
    ) -> requests.Response:
        """Send one request, never again by itself; raises requests' exceptions.

        Args:
            method: GET, POST, …
            path: The path, with its leading slash.
            json: The body.
            headers: Further headers.
            data: The body, where it is JSON that is written already.
            timeout: Seconds.
        """
        address, port = self.address
        kind = {"Content-Type": "application/json"} if data is not None else {}
        sent = {**kind, **(headers or {}), "Host": self.host}
        return requests.request(
            method, f"http://{address}:{port}{path}", json=json, data=data, headers=sent, timeout=timeout
        )

    def wait_until_open(self) -> None:
        """Wait until the controller knows the host and reaches something behind it; raises WaitError."""
        eventually(f"the Ingress to serve {self.host}", self._open, within=OPEN_WITHIN)

    def _open(self) -> Seen[None]:
        try:
            status = self.request("GET", "/").status_code
        except requests.RequestException as error:
            return Seen(False, f"the Ingress controller does not answer ({type(error).__name__})")
        return Seen(status < 400, f"the Ingress controller answers {status} for {self.host}")
