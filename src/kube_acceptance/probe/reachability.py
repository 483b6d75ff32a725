"""Who reaches whom in a release: the door to this package for steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from kubernetes import client

from kube_acceptance.probe.canary import Enforcement
from kube_acceptance.probe.directory import Directory, MissingError
from kube_acceptance.probe.endpoints import known_endpoints
from kube_acceptance.probe.inventory import Inventory
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.observe import Cell, Observer, places, probe
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.peers import Peers, kinds_network
from kube_acceptance.probe.report import BUDGET, Report, settle
from kube_acceptance.probe.table import complete
from kube_acceptance.probe.verdict import Verdict, judge, judge_missing


class Reachability(AbstractContextManager["Reachability"]):
    """Looks at connections between the parts of a release; a context manager that removes what it made.

    Args:
        new_client: Makes an API client.
        namespace: The namespace of the release.
        image: The probe image's reference, loaded into the cluster.
        enforcement: What the canary found on this cluster; without it, more rows are inconclusive.
        tier_label: The label whose value is a pod's tier.
        tier_labels: The pods' labels of tiers that leave no trace in the cluster, such as hook Jobs that are removed.
        labels: Labels for the harness's own namespace and container, by which orphans are found.
        network: Names the Docker network of the cluster's nodes, for `outside`.
        peers: Where places of the harness's own come from, instead of the cluster.
        release: The release's name, by which its tiers are told from those of others in the namespace.
    """

    def __init__(
        self,
        new_client: Callable[[], client.ApiClient],
        *,
        namespace: str,
        image: str,
        enforcement: Enforcement | None = None,
        tier_label: str = "app.kubernetes.io/component",
        tier_labels: Mapping[str, Mapping[str, str]] | None = None,
        labels: Mapping[str, str] | None = None,
        network: Callable[[], str] = kinds_network,
        peers: Peers | None = None,
        release: str = "",
    ) -> None:
        self._enforced = enforcement is not None
        self._peers = peers or Peers(new_client, image, labels=labels or {}, network=network)
        self._new_observer = partial(Observer, new_client, image)
        self._inventory = Inventory(
            new_client, namespace=namespace, tier_label=tier_label, tier_labels=tier_labels or {}, release=release
        )
        self._directory = Directory(self._inventory, self._peers)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the harness's own pods, namespace and container; the agents in others' pods stay, idle."""
        self._peers.close()

    def complete(self, rows: Iterable[tuple[str, str, str]]) -> list[Expectation]:
        """What a table expects of every pair of endpoints that there are now; see `probe.table.complete`.

        Args:
            rows: From, to, and `allowed` or `blocked`.

        Raises:
            ProbeError: The table is not complete, or names what there is not.
        """
        self._inventory.refresh()
        return complete(rows, known_endpoints(self._inventory))

    def connections(self, rows: Sequence[Expectation]) -> Mapping[Expectation, Sequence[Cell]]:
        """What is connected for each row, from pod to pod, as they are now; a row without running pods has none.

        Raises:
            ProbeError: A row names something that does not exist, or the harness's own peers cannot be made.
        """
        self._directory.refresh()
        self._directory.start({name for row in rows for name in (row.source, row.target)})
        self._directory.wait()
        return self._plan(rows).cells

    def observe(self, rows: Sequence[Expectation], *, budget: float = BUDGET) -> Report:
        """Look at all rows until they are right twice in a row, or the budget is over.

        Args:
            rows: What is expected.
            budget: Seconds that policies may take until they hold.

        Raises:
            ProbeError: A row names something that does not exist, or the harness's own peers cannot be made. Rows
                that are not right do not raise: call the report's `check`.
        """
        self._directory.refresh()
        names = {name for row in rows for name in (row.source, row.target)}
        self._directory.start(names)
        # all before the clock starts, since an agent's start is not a policy's: some in pods that run, some in new ones
        with self._new_observer() as observer, ThreadPoolExecutor(max_workers=1) as aside:
            waiting = aside.submit(self._directory.wait)
            observer.open(self._directory.lasting(names))
            waiting.result()
            observer.open(places(self._plan(rows).all_cells))
            return settle(lambda: self._look(observer, rows), budget=budget)

    def _look(self, observer: Observer, rows: Sequence[Expectation]) -> list[Verdict]:
        self._directory.refresh()
        plan = self._plan(rows)
        look = observer.look(plan.all_cells)
        seen = {sighting.cell: sighting for sighting in look}
        return [
            judge(row, [seen[cell] for cell in plan.cells[row]], look, enforced=self._enforced)
            if row in plan.cells
            else judge_missing(row, plan.missing[row])
            for row in rows
        ]

    def _plan(self, rows: Sequence[Expectation]) -> Plan:
        """What to connect for the rows, as the pods are now."""
        cells: dict[Expectation, list[Cell]] = {}
        missing: dict[Expectation, str] = {}
        for row in rows:
            try:
                cells[row] = self._cells(row)
            except MissingError as reason:
                missing[row] = str(reason)
        return Plan(cells, missing, self._controls(cells))

    def _cells(self, row: Expectation) -> list[Cell]:
        sources = self._directory.places(row.source)
        targets = self._directory.targets(row.target, row.port, row.protocol)
        if row.expected is Outcome.BLOCKED:
            # who may not ask for names gets none: that is no block, and what is blocked there is so by every name
            targets = [target for target in targets if not target.by_name] or targets
        cells = [
            Cell(source, target, row.port, row.protocol)
            for source in sources
            for target in targets
            if source.address != target.host
        ]
        if not cells:
            raise MissingError(f"{row.source} has one pod, and what it says to itself passes no policy")
        for cell in cells:
            probe(cell)  # refuses at once what could not prove itself
        return cells

    def _controls(self, cells: Mapping[Expectation, Sequence[Cell]]) -> list[Cell]:
        """A connection from a place without policies to each target that must be blocked and has no witness."""
        blocked = [cell for row, its in cells.items() if row.expected is Outcome.BLOCKED for cell in its]
        unwitnessed = [cell for cell in blocked if not cell.target.witnesses]
        if not unwitnessed:
            return []
        neutral = self._directory.neutral()
        return [replace(cell, source=neutral) for cell in unwitnessed]


@dataclass(frozen=True, slots=True)
class Plan:
    """The connections of each row, the rows that have none with the reason, and the connections that are controls."""

    cells: Mapping[Expectation, Sequence[Cell]]
    missing: Mapping[Expectation, str]
    controls: Sequence[Cell]

    @property
    def all_cells(self) -> list[Cell]:
        """Every connection, each once."""
        return list(dict.fromkeys([*(cell for its_cells in self.cells.values() for cell in its_cells), *self.controls]))
