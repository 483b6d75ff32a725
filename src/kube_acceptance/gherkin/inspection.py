"""Tells everything that is wrong with the features at once, before anything starts, and that no scenario gets lost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.gherkin import checks, snippets
from kube_acceptance.gherkin.collect import FeatureFile
from kube_acceptance.gherkin.definitions import Lookup, lookup_key
from kube_acceptance.gherkin.mistakes import Kind, Mistake, count, told
from kube_acceptance.gherkin.source import Source, read
from kube_acceptance.report import Recorder
from kube_acceptance.report.model import Failure
from kube_acceptance.report.plan import REQUIREMENT_TAG, shown_path
from kube_acceptance.trace import Trace

_MISTAKES = "kube_acceptance_mistakes"
"""The key by which a worker of pytest-xdist tells its controller what is wrong."""


class Inspection:
    """The pytest plugin that collects feature files and judges them.

    Under pytest-xdist every worker collects by itself and the controller nothing. A worker that finds mistakes takes no
    scenario; its controller tells the mistakes of the first.

    Args:
        features: The folder whose files are judged also when only a part is run.
        tags: The tags that scenarios may have.
        shown_tags: Those of them that are named as examples.
        trace: The specification documents; None where there are none.
    """

    def __init__(
        self,
        features: Path,
        *,
        tags: Collection[str],
        shown_tags: Sequence[str],
        trace: Trace | None,
    ) -> None:
        self.mistakes: list[Mistake] = []
        self._features = features
        self._tags = frozenset(tags)
        self._shown_tags = shown_tags
        self._trace = trace
        self._sources: dict[Path, Source] = {}
        self._files: list[FeatureFile] = []
        self._items: list[pytest.Item] = []
        self._deselected: set[pytest.Item] = set()
        self._expected: set[str] = set()
        self._finished: set[str] = set()
        self._last_words: list[str] = []
        self._patch = pytest.MonkeyPatch()

    # ------------------------------------------------------------ collection

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Feature files are test files."""
        if file_path.suffix != ".feature":
            return None
        source = self._read(file_path, parent.config.rootpath)
        file: FeatureFile = FeatureFile.from_parent(parent, path=file_path, source=source, tags=self._tags)
        self._files.append(file)
        return file

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Know what the command line names, before `-k` and `-m`."""
        if isinstance(item.parent, FeatureFile):
            self._items.append(item)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Know what was left out on purpose."""
        self._deselected.update(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Judge, and hand what is wrong to the reports."""
        found = list(self._judge(session))
        self.mistakes = told(found)
        self._expected = {item.nodeid for item in session.items if isinstance(item.parent, FeatureFile)}
        if recorder := _recorder(session.config):
            for mistake in self.mistakes:
                recorder.problem(mistake.place.file, Failure(first_line=str(mistake), text=mistake.snippet))
            for mistake in found:
                if mistake.kind is Kind.UNDEFINED_STEP:
                    recorder.undefined(mistake.scenario, mistake.place.line, mistake.snippet)
        if not _is_worker(session.config):
            self._count_as_errors(session.config)

    def pytest_report_collectionfinish(self, config: pytest.Config) -> None:
        """Tell the mistakes where the user looks for them."""
        self._tell(config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """With a mistake nothing runs.

        Raises:
            Session.Interrupted: There are mistakes.
        """
        if not self.mistakes:
            return None
        session.shouldstop = count(self.mistakes)
        if _is_worker(session.config):
            return True  # the controller hears why it stopped, and interrupts the run itself
        raise session.Interrupted(session.shouldstop)

    # ------------------------------------------------------------ the controller of pytest-xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Learn what the workers will run."""
        self._expected = {nodeid for nodeid in ids if ".feature::" in nodeid}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Tell what a worker found wrong; all of them find the same."""
        found = getattr(node, "workeroutput", {}).get(_MISTAKES)
        if found and not self.mistakes:
            self.mistakes = [Mistake.from_dict(each) for each in found]
            self._count_as_errors(node.config)
            self._tell(node.config)

    # ------------------------------------------------------------ the end

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Know which scenarios have a result."""
        self._finished.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail when a run came to its end and a scenario has no result; hand mistakes to the controller."""
        if _is_worker(session.config):
            session.config.workeroutput[_MISTAKES] = [each.to_dict() for each in self.mistakes]  # type: ignore[attr-defined]
            return
        whole = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and self._finished
        if not whole or session.shouldstop or session.shouldfail:
            return
        for nodeid in sorted(self._expected - self._finished):
            file, _, name = nodeid.partition("::")
            self._last_words.append(f'{file}: the scenario "{name}" was collected, but has no result')
            if recorder := _recorder(session.config):
                recorder.problem(file, Failure(first_line=self._last_words[-1]))
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell which scenarios have no result."""
        for line in self._last_words:
            terminalreporter.write_line(f"error: {line}", red=True)

    def pytest_unconfigure(self) -> None:
        """Leave pytest-bdd as it was."""
        self._patch.undo()

    # ------------------------------------------------------------ parts

    def _judge(self, session: pytest.Session) -> Iterator[Mistake]:
        root = session.config.rootpath
        for path in self._features.rglob("*.feature"):
            self._read(path, root)
        sources = list(self._sources.values())
        for source in sources:
            yield from source.mistakes
            # a requirement that nobody knows is told with the others that do not agree
            tags = [tag for tag in source.tags if not (self._trace and tag[0].startswith(REQUIREMENT_TAG))]
            yield from checks.unknown_tags(source.uri, tags, self._tags, self._shown_tags)
        if self._trace:
            yield from checks.requirements(sources, self._trace)
        lookup = session.config.stash[lookup_key] = Lookup(session._fixturemanager)
        lookup.serve(self._patch)
        files = [file for file in self._files if file.collected is not None]
        known = {each.fixture: each for file in files for each in lookup.visible(file)}.values()
        yield from checks.definitions(known, root)
        if all(source.readable for source in sources):
            yield from checks.unused_definitions(known, sources, root)
        for item in self._items:
            yield from checks.steps(item, lookup, root)
        for file in files:
            if file.collected is not None and not file.source.mistakes:
                yield from checks.lost_scenarios(file.source, file.collected)
                yield from checks.same_ids(file.source, file.collected)
            if file.collected is not None and file.source.readable:
                yield from checks.not_found(file.source, file.collected, _asked(session.config, file.path))
        yield from checks.removed(set(self._items) - {*session.items, *self._deselected})

    def _read(self, path: Path, root: Path) -> Source:
        if path not in self._sources:
            self._sources[path] = read(path, shown_path(path, root))
        return self._sources[path]

    def _count_as_errors(self, config: pytest.Config) -> None:
        """Mistakes are errors of the collection for all, such as JUnit, but the two that tell them in their way."""
        aware = [config.pluginmanager.get_plugin("terminalreporter"), _recorder(config)]
        tell = config.pluginmanager.subset_hook_caller("pytest_collectreport", [each for each in aware if each])
        for mistake in self.mistakes:
            nodeid = f"{mistake.place.file}::line {mistake.place.line}: {mistake.kind}"
            tell(report=pytest.CollectReport(nodeid, "failed", str(mistake), []))

    def _tell(self, config: pytest.Config) -> None:
        terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        for mistake in self.mistakes:
            terminal.write_line(f"error: {mistake}", red=True)
        if ready := [mistake.snippet for mistake in self.mistakes if mistake.snippet]:
            terminal.write_line("")
            terminal.write_line("Paste what is missing into a module of steps that conftest.py names, and write it:")
            terminal.write_line("")
            for line in snippets.module(ready).splitlines():
                terminal.write_line(line)


def _recorder(config: pytest.Config) -> Recorder | None:
    """What writes the report; nothing does where only a plan is asked for."""
    recorder: Recorder | None = config.pluginmanager.get_plugin("kube-acceptance-report")
    return recorder


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _asked(config: pytest.Config, path: Path) -> list[str]:
    """The names after `::` of what the command line asks for from a file."""
    named = [argument.partition("::") for argument in config.args]
    return [name for file, _, name in named if name and (config.invocation_params.dir / file).resolve() == path]
