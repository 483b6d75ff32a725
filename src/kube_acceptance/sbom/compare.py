"""A bill of materials compared with the image's disk, in both directions.

What the bill says is read from the document as it was written, and what the disk says from the disk: nothing here uses
the code that writes bills.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kube_acceptance.images.finding import Finding, some
from kube_acceptance.sbom.disk import Disk
from kube_acceptance.sbom.in_bill import InBill
from kube_acceptance.sbom.on_disk import OnDisk
from kube_acceptance.sbom.own import Own
from kube_acceptance.sbom.written import Bill

ON_DISK = "bill-on-disk"
IN_BILL = "disk-in-bill"
KINDS = "kinds"
VERSIONS = "versions"


def on_disk(bill: Bill, disk: Disk, *, own: Iterable[str] = ()) -> list[Finding]:
    """Whether every component of a bill is on the disk, as its record there says.

    Args:
        bill: The bill, as it was written and read back.
        disk: The image's disk.
        own: Files and folders of the project's own, which may be other than a package's record says.
    """
    look = OnDisk(bill, disk, Own(own))
    return [Finding(ON_DISK, False, said) for said in look.wrong()] or [Finding(ON_DISK, True, look.seen())]


def in_bill(bill: Bill, disk: Disk, *, own: Iterable[str] = ()) -> list[Finding]:
    """Whether every record of a package, every program and library and every file of a package is in a bill.

    Args:
        bill: The bill, as it was written and read back.
        disk: The image's disk.
        own: Files and folders of the project's own, which need no package.
    """
    look = InBill(bill, disk, Own(own))
    return [Finding(IN_BILL, False, said) for said in look.wrong()] or [Finding(IN_BILL, True, look.seen())]


def kinds(bill: Bill, stated: Collection[str]) -> Finding:
    """Whether a bill has components of just these kinds (`apk`, `pypi`, …), besides the operating system."""
    there = {kind: count for kind, count in bill.counts.items() if kind != "operating-system"}
    if missing := sorted(set(stated) - set(there)):
        return Finding(KINDS, False, f"the bill has no component of the kind {' or '.join(missing)}")
    if more := sorted(set(there) - set(stated)):
        return Finding(KINDS, False, f"the bill has components of a kind that is not stated: {', '.join(more)}")
    return Finding(KINDS, True, "the bill has " + ", ".join(f"{count} {kind}" for kind, count in there.items()))


def versions(bill: Bill, *, but: Collection[str] = ()) -> list[Finding]:
    """Whether every component has a version, besides those of these names: without one, nothing can assess it."""
    without = sorted({each.name for each in bill.components if not each.version and each.kind != "file"})
    wrong = [
        Finding(VERSIONS, False, f"the bill tells no version of {name}") for name in without if name not in set(but)
    ]
    told = f", none of {some(without)}" if without else ""
    return wrong or [Finding(VERSIONS, True, f"the bill tells versions of {len(bill.components)} components{told}")]
