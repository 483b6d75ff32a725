"""A project's suite as a user runs it: by a pytest of its own, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kube_acceptance import command
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.report import Run
from kube_acceptance.report.recorder import DATA

# what a pytest leaves in the environment of its children, and would make this one take itself for one of them; and
# where the summary of the outer run goes
FORGET = (
    "GITHUB_STEP_SUMMARY",
    "PYTEST_ADDOPTS",
    "PYTEST_CURRENT_TEST",
    "PYTEST_VERSION",
    "PYTEST_XDIST_TESTRUNUID",
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT",
)


@dataclass(frozen=True)
class Ended:
    """How a suite ended: its exit status, everything it printed, where its reports are, and the seconds it took."""

    exitstatus: int
    said: str
    reports: Path
    seconds: float

    @property
    def run(self) -> Run:
        """The run as its report tells it; raises AcceptanceError when it left none."""
        data = self.reports / DATA
        if not data.is_file():
            raise AcceptanceError("the suite left no report", details=self.said.splitlines()[-15:])
        return Run.model_validate_json(data.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Suite:
    """The features of a project.

    Attributes:
        root: The project's folder.
        reports: Where its reports go.
        env: Variables added to its environment.
        options: Options of pytest that every run of it gets.
        forget: Variables that it must not inherit, such as what is said of another project's settings.
        python: The interpreter of the environment that it runs in.
    """

    root: Path
    reports: Path
    env: Mapping[str, str]
    options: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    python: Path = Path(sys.executable)

    def run(self, *arguments: str, timeout: float) -> Ended:
        """Run it to its end.

        Args:
            arguments: What to run, and further options of pytest.
            timeout: Seconds after which it is ended.

        Raises:
            CommandError: It did not end in time.
        """
        done = command.run(self._words(arguments), timeout=timeout, cwd=self.root, env=self.env, check=False)
        return Ended(done.returncode, done.stdout + done.stderr, self.reports, done.seconds)

    def start(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """Run it in the background, in a session of its own; what it prints goes to `log`. The caller ends it."""
        with log.open("wb") as file:
            return subprocess.Popen(
                self._words(arguments),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self.root,
                env=command.environment(self.env),
                start_new_session=True,
            )

    def program(self, *arguments: str | Path) -> list[str]:
        """The words that call `kube-acceptance` of its environment, without what it must not inherit."""
        return [*self._cleared(), str(self.python.with_name("kube-acceptance")), *map(str, arguments)]

    def _words(self, arguments: tuple[str, ...]) -> list[str]:
        # with an equals sign: pytest looks for its root before it knows our options, and would take the folder for one
        own = (*self.options, f"--reports={self.reports}")
        return [*self._cleared(), str(self.python), "-m", "pytest", *own, *arguments]

    def _cleared(self) -> list[str]:
        forget = [name for name in (*FORGET, *self.forget) if name not in self.env]
        return ["env", *(word for name in forget for word in ("-u", name))]
