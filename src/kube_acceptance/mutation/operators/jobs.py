"""What is done once, at times, or by Helm at certain moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Deriver, Place, containers_of, of_kind, pods

HOOK = "helm.sh/hook"
RARELY = "0 0 1 1 *"
"""Once a year."""
STUBBORN = 100
MOMENTS = {HOOK: "as a hook", f"{HOOK}-weight": "in its turn", f"{HOOK}-delete-policy": "with its end"}

_schedule = Deriver(Concern.SCHEDULE, "schedule-")
_job = Deriver(Concern.JOB, "job-")


def schedules(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each CronJob removed, suspended, rare, beside itself, and without what is left of its runs."""
    for place in of_kind(objects, "CronJob"):
        spec = place.value["spec"]
        yield _schedule(place, "removed", f"{place}", f"there is no {place}")
        if spec.get("suspend"):
            words = f"{place} runs, though it is suspended"
            yield _schedule(place, "resumed", f"the suspension of {place}", words, place.remove("spec", "suspend"))
        else:
            words = f"{place} never runs"
            put = place.put("spec", "suspend", value=True)
            yield _schedule(place, "suspended", f"the runs of {place}, which is suspended", words, put)
        if spec["schedule"] != RARELY:
            yield _schedule(
                place,
                "rarely",
                f"the schedule of {place}, {spec['schedule']}",
                f"{place} runs once a year",
                place.put("spec", "schedule", value=RARELY),
                signs=("schedule",),
            )
        if spec.get("concurrencyPolicy", "Allow") != "Allow":
            yield _schedule(
                place,
                "concurrent",
                f"the concurrencyPolicy of {place}",
                f"{place} starts anew while its last run goes on",
                place.put("spec", "concurrencyPolicy", value="Allow"),
                signs=("concurrencyPolicy",),
            )
        for field, instead, words in (
            ("startingDeadlineSeconds", None, "starts runs however late it is"),
            ("timeZone", None, "follows the cluster's time zone"),
            ("successfulJobsHistoryLimit", 0, "keeps nothing of the runs that succeeded"),
            ("failedJobsHistoryLimit", 0, "keeps nothing of the runs that failed"),
        ):
            if field in spec and spec[field] != instead:
                patch = place.remove("spec", field) if instead is None else place.put("spec", field, value=instead)
                yield _schedule(
                    place, f"{field.lower()}-off", f"the {field} of {place}", f"{place} {words}", patch, signs=(field,)
                )


def jobs(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each Job removed; each one's retries, time limit and remains taken away, also those of CronJobs."""
    for job in of_kind(objects, "Job"):
        yield _job(job, "removed", f"{job}", f"there is no {job}")
    for pod in pods(objects):
        place = _specification(pod)
        if place is None:
            continue
        spec = place.value
        retries = spec.get("backoffLimit", 6)
        for operator, number, words in (
            ("never-again", 0, "is not tried again when it has failed"),
            ("again-and-again", STUBBORN, f"is tried again {STUBBORN} times, not {retries}, when it fails"),
        ):
            if retries != number:
                yield _job(
                    place,
                    operator,
                    f"the backoffLimit {retries} of {place}, which is {number}",
                    f"{place} {words}",
                    place.put("backoffLimit", value=number),
                    signs=("backoffLimit",),
                )
        if "activeDeadlineSeconds" in spec:
            yield _job(
                place,
                "without-deadline",
                f"the activeDeadlineSeconds of {place}",
                f"{place} may run for ever, not for {spec['activeDeadlineSeconds']} s",
                place.remove("activeDeadlineSeconds"),
                signs=("activeDeadlineSeconds",),
            )
        if "ttlSecondsAfterFinished" in spec:
            yield _job(
                place,
                "remains",
                f"the ttlSecondsAfterFinished of {place}",
                f"what is left of {place} is never removed",
                place.remove("ttlSecondsAfterFinished"),
                signs=("ttlSecondsAfterFinished",),
            )
            if spec["ttlSecondsAfterFinished"]:
                yield _job(
                    place,
                    "vanishes",
                    f"what is left of {place}",
                    f"{place} and its log are gone as soon as it has ended",
                    place.put("ttlSecondsAfterFinished", value=0),
                    signs=("ttlSecondsAfterFinished",),
                )
        if pod.value.get("restartPolicy") == "Never":
            yield _job(
                place,
                "restarts-inside",
                f"the restartPolicy of {place}, which is OnFailure",
                f"{place} tries again in the same pod, and keeps no pod and no log of what failed",
                pod.put("restartPolicy", value="OnFailure"),
                signs=("restartPolicy", *(each.part for each in containers_of(pod))),
            )


def hooks(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each annotation dropped that makes an object a hook of Helm's, and each of its moments."""
    for item in objects:
        annotations: Mapping[str, str] = item["metadata"].get("annotations") or {}
        place = next(of_kind([item], item["kind"]))
        moments = [each.strip() for each in annotations.get(HOOK, "").split(",") if each.strip()]
        for moment in moments if len(moments) > 1 else ():
            rest = ",".join(each for each in moments if each != moment)
            yield _job(
                place,
                "hook-not-then",
                f"the moment {moment} of the hook {place}",
                f"Helm does not think of {place} at {moment}",
                place.put("metadata", "annotations", HOOK, value=rest),
                part=moment,
                signs=("hook",),
            )
        for annotation, how in MOMENTS.items():
            if annotation in annotations:
                yield _job(
                    place,
                    "hook-removed",
                    f"the annotation {annotation} of {place}",
                    f"Helm does not treat {place} {how}",
                    place.remove("metadata", "annotations", annotation),
                    part=annotation,
                    signs=("hook",),
                )


def _specification(pod: Place) -> Place | None:
    """The specification of the Job that pods are of, also where a CronJob makes it."""
    kind = pod.item["kind"]
    place = next(of_kind([pod.item], kind))
    if kind == "CronJob":
        value = pod.item["spec"]["jobTemplate"]["spec"]
        return Place(pod.item, place.at("spec", "jobTemplate", "spec"), value, place.words, "", pod.signs)
    if kind == "Job":
        return Place(pod.item, place.at("spec"), pod.item["spec"], place.words, "", pod.signs)
    return None


OPERATORS = (schedules, jobs, hooks)
