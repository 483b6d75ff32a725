"""What a run needs of this machine and this project, looked at without starting anything."""

from kube_acceptance.doctor.checks import checks
from kube_acceptance.doctor.examine import Check, examine
from kube_acceptance.doctor.finding import Finding
from kube_acceptance.doctor.show import as_json, as_lines, ready

__all__ = ["Check", "Finding", "as_json", "as_lines", "checks", "examine", "ready"]
