"""The living documentation: what ran, what it proved, and on what.

`Recorder` is the pytest plugin that writes it; `note`, `waited` and `attach` let a step, or what it calls, say what it
saw.
"""

from kube_acceptance.report.html import render
from kube_acceptance.report.model import Requirement, Run, Task
from kube_acceptance.report.observer import attach, note, waited
from kube_acceptance.report.recorder import Recorder

__all__ = ["Recorder", "Requirement", "Run", "Task", "attach", "note", "render", "waited"]
