"""What a round of mutants needs of a project: its plan, its deployment, and a way to run its scenarios."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from kube_acceptance.cluster import Lease
from kube_acceptance.cluster.shared import folders
from kube_acceptance.command import CommandError, run
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.forks import SAID, WANTED, Wanted
from kube_acceptance.mutation.mutant import write
from kube_acceptance.release import Chart
from kube_acceptance.report.anew import recorded
from kube_acceptance.report.model import Scenario
from kube_acceptance.running.prospect import PLAN, Prospect
from kube_acceptance.scratch import scratch
from kube_acceptance.session import cluster_name, connect, provider
from kube_acceptance.suite import Ended, Suite
from kube_acceptance.tools import resolve

PLANNED_WITHIN = 120.0  # seconds


def prospects(root: Path, features: Path) -> list[Prospect]:
    """The scenarios of a project, as pytest collects them.

    Raises:
        AcceptanceError: There are mistakes in the features, or there are none.
    """
    with scratch("plan") as folder:
        file = Path(folder) / "plan.json"
        options = ("-q", "-p", "no:cacheprovider", str(features), "--plan", f"--plan-file={file}")
        ended = Suite(root, Path(folder), {}).run(*options, timeout=PLANNED_WITHIN)
        if not file.is_file():
            raise AcceptanceError(
                "the features cannot be planned, so no mutant can meet them",
                hint=f"See what is wrong with them:  pytest {features} --plan",
                details=ended.said.splitlines()[-10:],
            )
        return PLAN.validate_json(file.read_bytes())


def chart(config: Config) -> Chart:
    """The project's chart with the values that runs install."""
    helm = resolve("helm", cache=config.cache)
    return Chart(helm, config.path(config.chart), values=[config.path(each) for each in config.values])


def about(config: Config) -> dict[Concern, list[str]]:
    """The project's mapping of concerns to tags.

    Raises:
        ConfigurationError: A concern is none.
    """
    known = [each.value for each in Concern]
    for name in config.mutation.about:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ConfigurationError(
                f"{config.where('mutation.about')}.{name} is no concern",
                hint=f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}.",
            )
    return {Concern(name): tags for name, tags in config.mutation.about.items()}


def touched(reports: Path) -> dict[str, frozenset[str]]:
    """The kinds of objects that each scenario asked for in the last recorded run, by its id."""
    run = recorded(reports, otherwise="what its scenarios asked for is not known")
    return {each.id: frozenset(each.touched) for each in run.scenarios()} if run else {}


def revision(root: Path, name: str) -> str:
    """The commit that git knows by a name.

    Raises:
        ConfigurationError: It knows none.
    """
    try:
        said = run(["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], timeout=30, cwd=root)
    except CommandError as error:
        raise ConfigurationError(f"git knows no commit {name}", hint="Name a branch, a tag or a commit.") from error
    return said.stdout.strip()


class SuiteRuns:
    """Runs scenarios by pytests of their own; see `round.Runs`.

    Args:
        root: The project's folder.
        options: Options of every pytest.
        renderings: A folder for what Helm renders, as long as the round goes on.
    """

    def __init__(self, root: Path, options: Sequence[str], renderings: Path) -> None:
        self._root = root
        self._renderings = renderings
        self._options = options

    def control(self, scenarios: Sequence[str], *, timeout: float) -> list[Scenario]:
        """What scenarios say without any mutant."""
        with scratch("control") as folder:
            ended = self._run(Path(folder), *scenarios, timeout=timeout)
            return list(ended.run.scenarios())

    def meet(self, mutants: Sequence[tuple[Derived, Sequence[str]]], *, timeout: float) -> list[list[Scenario] | None]:
        """What scenarios say with each of some mutants."""
        with scratch("mutants") as name:
            folder = Path(name)
            wanted = [
                Wanted(
                    mutant=write(mutant, folder),
                    scenarios=list(scenarios),
                    said=folder / f"{number}.json",
                    renderings=self._renderings,
                )
                for number, (mutant, scenarios) in enumerate(mutants)
            ]
            file = folder / "wanted.json"
            file.write_bytes(WANTED.dump_json(wanted))
            everyone = dict.fromkeys(id for one in wanted for id in one.scenarios)
            with contextlib.suppress(CommandError):  # what it had until then was left
                self._run(folder, *everyone, f"--mutants-file={file}", timeout=timeout)
            return [SAID.validate_json(one.said.read_bytes()) if one.said.is_file() else None for one in wanted]

    def _run(self, reports: Path, *arguments: str, timeout: float) -> Ended:
        # pytest's cache would be written into the project
        own = ("-q", "-p", "no:cacheprovider", "--order=written")
        return Suite(self._root, reports, {}).run(*own, *self._options, *arguments, timeout=timeout)


@contextlib.contextmanager
def reserved(config: Config, name: str, *, keep: bool) -> Iterator[Lease]:
    """A cluster that stays for all runs inside of this block, and need not be there until one needs it.

    Args:
        config: The project's configuration.
        name: The cluster's name; the project's own when empty.
        keep: Whether it is left behind.
    """
    kind = provider(
        config,
        name or cluster_name(config),
        engine=connect(),
        tool=lambda program: resolve(program, cache=config.cache),
    )
    lease = Lease(kind, folders(config.cache) / kind.name)
    lease.reserve()
    try:
        yield lease
    finally:
        lease.release(keep=keep)
