"""The reports of all shards as the one report of a single run."""

from __future__ import annotations

import itertools
import json
import shlex
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.report.assemble import with_outcome
from kube_acceptance.report.comparison import compared
from kube_acceptance.report.model import STATUSES, Failure, Feature, Problem, Run, Scenario, Shard
from kube_acceptance.report.plan import in_order
from kube_acceptance.report.recorder import BEGUN, DATA

_OWN_WORDS = ("--shard", "--reports")
"""The options in which the commands of shards differ."""
_FACTS = 3
"""How many values of one fact the shards may have for all of them to be named."""


@dataclass(frozen=True)
class Part:
    """The report of one shard: its folder, its run, and which shard that is."""

    folder: Path
    run: Run
    shard: Shard

    @property
    def ids(self) -> set[str]:
        """The scenarios that are in it."""
        return {scenario.id for scenario in self.run.scenarios()}


@dataclass(frozen=True)
class Lost:
    """What is left of a shard that came to no end: its folder, its number of how many, and what it had begun."""

    folder: Path
    number: int
    of: int
    begun: tuple[str, ...]


def read(folders: Sequence[Path]) -> tuple[list[Part], list[Lost]]:
    """The reports of shards, by their numbers, and what is left of attempts that were lost.

    Raises:
        ConfigurationError: A folder holds neither, or they are not of one run: a shard is there twice, or they differ
            in the number of shards, in the commit or in what was selected.
    """
    parts: list[Part] = []
    lost: list[Lost] = []
    for folder in folders:
        if (folder / DATA).is_file():
            parts.append(_part(folder))
        elif (folder / BEGUN).is_file():
            lost.append(_lost(folder))
        else:
            raise ConfigurationError(f"{folder} holds no report: there is no {DATA} in it")
    if not parts:
        raise ConfigurationError("there is no report to merge; name the folders of the shards' reports")
    parts.sort(key=lambda part: part.shard.number)
    _must_agree(parts, lost)
    return parts, lost


def merged(parts: Sequence[Part], lost: Sequence[Lost] = ()) -> Run:
    """The run that all shards together are; a shard that is missing is a problem of it.

    Args:
        parts: The shards' reports, from `read`.
        lost: What is left of further attempts at shards.
    """
    first = parts[0]
    dealt = set(first.shard.dealt)
    chosen = _chosen(parts)
    scenarios = [_told(scenario, part, lost) for scenario, part in chosen.values()]
    features = _features(parts, scenarios)
    # of what the first shard left out, the scenarios of all others are no part
    aside = first.run.left_out - len(dealt - first.ids)
    present: dict[str, list[Scenario]] = defaultdict(list)
    for scenario in (each for feature in features for each in feature.scenarios):
        for name in scenario.requirements:
            present[name].append(scenario)
    return Run(
        title=first.run.title,
        started=min(part.run.started for part in parts),
        finished=max(part.run.finished for part in parts),
        command=_command([part.run.command for part in parts]),
        environment=_environment(parts, lost),
        features=features,
        left_out=aside + len(dealt - chosen.keys()),
        requirements=[
            with_outcome(each, present[each.id], each.left_out - (len(present[each.id]) - len(each.scenarios)))
            for each in first.run.requirements
        ],
        behaviours=compared(features),
        problems=[*_missing(parts, lost), *_misdealt(parts), *_problems(parts)],
        past=first.run.past,
    )


def bring(parts: Sequence[Part], run: Run, folder: Path) -> Run:
    """Copy the evidence of all shards, and return the run with links to the copies.

    Evidence keeps its path, unless another shard has some of the same name.

    Args:
        parts: The shards' reports.
        run: What `merged` made of them.
        folder: The folder of the merged report.

    Raises:
        OSError: It cannot be copied.
    """
    taken: set[str] = set()
    moved: dict[str, str] = {}
    for scenario, part in _chosen(parts).values():
        for path in _paths(scenario):
            # what a scenario left lies in one folder, of which several links may tell
            unit = PurePosixPath(*PurePosixPath(path).parts[:2])
            source, key = part.folder / unit, f"{part.shard.number} {unit}"
            if key in moved or not source.exists():
                continue
            target = unit if str(unit) not in taken else unit.with_name(f"shard-{part.shard.number}-{unit.name}")
            taken.add(str(target))
            moved[key] = str(target)
            _copy(source, folder / target)
    number = {scenario.id: part.shard.number for scenario, part in _chosen(parts).values()}

    def link(path: str, id: str) -> str:
        unit = PurePosixPath(*PurePosixPath(path).parts[:2])
        return str(PurePosixPath(moved.get(f"{number[id]} {unit}", str(unit)), *PurePosixPath(path).parts[2:]))

    features = [
        feature.model_copy(update={"scenarios": [_linked(each, link) for each in feature.scenarios]})
        for feature in run.features
    ]
    return run.model_copy(update={"features": features})


def _part(folder: Path) -> Part:
    try:
        run = Run.model_validate_json((folder / DATA).read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValidationError):
        raise ConfigurationError(f"{folder / DATA} is damaged or of another version") from None
    if run.shard is None:
        raise ConfigurationError(f"{folder} holds the report of a whole run, not of a shard")
    return Part(folder, run, run.shard)


def _lost(folder: Path) -> Lost:
    head, *lines = (folder / BEGUN).read_text(encoding="utf-8").splitlines(keepends=True)
    number, of = json.loads(head)
    return Lost(folder, number, of, tuple(json.loads(line) for line in lines if line.endswith("\n")))


def _must_agree(parts: Sequence[Part], lost: Sequence[Lost]) -> None:
    first = parts[0]
    counts = {**{part.folder: part.shard.of for part in parts}, **{each.folder: each.of for each in lost}}
    for folder, count in counts.items():
        if count != first.shard.of:
            raise ConfigurationError(f"{first.folder} is of {first.shard.of} shards, but {folder} is of {count}")
    for before, part in itertools.pairwise(parts):
        if before.shard.number == part.shard.number:
            raise ConfigurationError(f"{part.shard} is given twice: {before.folder} and {part.folder}")
    for part in parts[1:]:
        one, other = _commit(first.run), _commit(part.run)
        if one != other:
            raise ConfigurationError(f"{first.folder} is of the commit {one}, but {part.folder} is of {other}")
        if first.shard.dealt != part.shard.dealt:
            many, more = len(first.shard.dealt), len(part.shard.dealt)
            raise ConfigurationError(
                f"{first.folder} and {part.folder} are of different selections, of {many} and {more} scenarios",
                hint="Give every shard the same features and the same -k and -m.",
            )


def _commit(run: Run) -> str:
    return run.environment.get("Commit", "nobody knows which")


def _chosen(parts: Sequence[Part]) -> dict[str, tuple[Scenario, Part]]:
    """Each scenario once, with the shard that it is from; of two that ran it, the one with the worse news."""
    found: dict[str, tuple[Scenario, Part]] = {}
    for part in parts:
        for scenario in part.run.scenarios():
            known = found.get(scenario.id)
            if known is None or STATUSES.index(scenario.status) < STATUSES.index(known[0].status):
                found[scenario.id] = (scenario, part)
    return found


def _told(scenario: Scenario, part: Part, lost: Sequence[Lost]) -> Scenario:
    """A scenario with where it ran, and whether an attempt was lost that had begun it."""
    worker = f"shard {part.shard.number}{f', {scenario.worker}' if scenario.worker else ''}"
    facts = [
        f"An attempt at shard {each.number} was lost after it had begun this, which then ran again."
        for each in lost
        if each.number == part.shard.number and scenario.id in each.begun
    ]
    return scenario.model_copy(update={"worker": worker, "facts": [*scenario.facts, *facts]})


def _features(parts: Sequence[Part], scenarios: Sequence[Scenario]) -> list[Feature]:
    found: dict[str, Feature] = {}
    for feature in (each for part in parts for each in part.run.features):
        known = found.get(feature.uri, feature)
        rules = {rule.name: rule for rule in (*known.rules, *feature.rules)}
        found[feature.uri] = known.model_copy(update={"rules": list(rules.values())})
    return in_order(
        feature.model_copy(update={"scenarios": [each for each in scenarios if each.uri == feature.uri]})
        for feature in found.values()
    )


def _command(commands: Sequence[str]) -> str:
    """What the shards' commands have in common, as the command of all."""
    words = [list(_without_own(shlex.split(command))) for command in commands]
    return shlex.join(word for word in words[0] if all(word in each for each in words))


def _without_own(words: Sequence[str]) -> Iterator[str]:
    for before, word in zip(("", *words), words, strict=False):
        if before not in _OWN_WORDS and word.partition("=")[0] not in _OWN_WORDS:
            yield word


def _environment(parts: Sequence[Part], lost: Sequence[Lost]) -> dict[str, str]:
    values: dict[str, dict[str, None]] = defaultdict(dict)
    for part in parts:
        for name, value in part.run.environment.items():
            values[name][value] = None
    facts = {name: _few(list(each)) for name, each in values.items()}
    facts["Shards"] = str(parts[0].shard.of)
    if lost:
        facts["Lost attempts"] = ", ".join(f"at shard {each.number}" for each in lost)
    return facts


def _few(values: Sequence[str]) -> str:
    more = len(values) - _FACTS
    return "; ".join([*values[:_FACTS], *([f"and {more} more"] if more > 0 else [])])


def _missing(parts: Sequence[Part], lost: Sequence[Lost]) -> Iterator[Problem]:
    of, there = parts[0].shard.of, {part.shard.number for part in parts}
    begun = {each.number: len(each.begun) for each in lost}
    for number in range(1, of + 1):
        if number not in there:
            said = f"shard {number} of {of} is missing"
            if number in begun:
                said += f": it was lost after it had begun {begun[number]} scenario{'s' if begun[number] != 1 else ''}"
            yield _problem(f"shard {number}", f"{said}.")


def _misdealt(parts: Sequence[Part]) -> Iterator[Problem]:
    ran: Mapping[str, list[int]] = defaultdict(list)
    for part in parts:
        for id in part.ids:
            ran[id].append(part.shard.number)
    for id in sorted(ran):
        if len(ran[id]) > 1:
            numbers = " and ".join(map(str, ran[id]))
            yield _problem(id, f"The scenario was dealt to the shards {numbers}: they knew different histories.")
    if len(parts) == parts[0].shard.of:
        for id in sorted(set(parts[0].shard.dealt) - ran.keys()):
            yield _problem(id, "The scenario was dealt to no shard: they knew different histories.")


def _problem(where: str, said: str) -> Problem:
    return Problem(where=where, failure=Failure(first_line=f"{said[0].upper()}{said[1:]}"))


def _problems(parts: Sequence[Part]) -> Iterator[Problem]:
    """What each shard had trouble with; what all of them had is told once."""
    everywhere = [each for each in parts[0].run.problems if all(each in part.run.problems for part in parts)]
    yield from everywhere
    for part in parts:
        for problem in part.run.problems:
            if problem not in everywhere:
                yield problem.model_copy(update={"where": f"{problem.where} (shard {part.shard.number})"})


def _paths(scenario: Scenario) -> Iterator[str]:
    yield from (each.path for attempt in (*scenario.earlier, scenario) for each in attempt.attachments)


def _linked(scenario: Scenario, link: Callable[[str, str], str]) -> Scenario:
    files = [each.model_copy(update={"path": link(each.path, scenario.id)}) for each in scenario.attachments]
    earlier = [_linked(each, link) for each in scenario.earlier]
    return scenario.model_copy(update={"attachments": files, "earlier": earlier})


def _copy(source: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
