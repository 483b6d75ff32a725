"""How pods are replaced, and what is left of those that did their work.

https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
"""

from __future__ import annotations

from collections.abc import Iterator

from kube_acceptance.security.posture.rendered import Rendered, called
from kube_acceptance.security.posture.rule import rule

SEEN_WITHIN = 60  # seconds; whoever waits for a Job must find it


@rule("rolling-update")
def rolling_update(rendered: Rendered) -> Iterator[str]:
    """An update replaces pods by itself, and where there are several, never all of them at once."""
    scaled = {item["spec"]["scaleTargetRef"]["name"] for item in rendered.of("HorizontalPodAutoscaler")}
    for item in rendered.of("Deployment"):
        several = item["spec"].get("replicas", 1) > 1 or item["metadata"]["name"] in scaled
        if several and (item["spec"].get("strategy") or {}).get("type") == "Recreate":
            yield f"{called(item)} ends all its pods before an update starts new ones; set strategy RollingUpdate"
    for item in rendered.of("StatefulSet", "DaemonSet"):
        if (item["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
            yield f"{called(item)} keeps its old pods at an update; set updateStrategy RollingUpdate"


@rule("kept-job")
def kept_job(rendered: Rendered) -> Iterator[str]:
    """A Job stays for a minute after its end at least, so that people can see how it ended."""
    for item in rendered.of("Job", "CronJob"):
        spec = item["spec"].get("jobTemplate", item)["spec"]
        if (seconds := spec.get("ttlSecondsAfterFinished", SEEN_WITHIN)) < SEEN_WITHIN:
            yield f"{called(item)} is removed {seconds} s after its end; raise ttlSecondsAfterFinished"
