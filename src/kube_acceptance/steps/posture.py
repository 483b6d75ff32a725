"""Posture: what the chart renders is sound with every values file, and each layer of the project keeps to itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import chain
from typing import Any

import yaml

from kube_acceptance import trace
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError, ReleaseError
from kube_acceptance.release import Chart
from kube_acceptance.report import note
from kube_acceptance.security.layers import Application, trespasses
from kube_acceptance.security.posture import RULES, THEMES, Breach, Rendered, breaches
from kube_acceptance.security.posture.charts import Allowance, Renderings, findings, renderings
from kube_acceptance.security.posture.probes import same_probes
from kube_acceptance.security.schema import Schema
from kube_acceptance.session import Session
from kube_acceptance.steps.charts import NAMESPACE, values_of
from kube_acceptance.vocabulary import assertion, given, must, rows, some

UNKNOWN = "kube-acceptance-unknown"


@given("the chart with each of its values files, and also with each of these values besides", target_fixture="found")
def every_values_file(chart: Chart, settings: Config, datatable: list[list[str]]) -> Renderings:
    """Renders the chart with every values file that is in its folder, alone and with each row of `| path | value |`."""
    return renderings(chart, name=settings.release, namespace=NAMESPACE, further=values_of(datatable))


@assertion("each container of these tiers is restarted for another reason than it is relieved of requests")
def liveness_is_not_readiness(found: Renderings, datatable: list[list[str]]) -> None:
    """What depends on others is not restarted because one of them is away: its two probes ask different things."""
    for name, rendered in found.items():
        for row in rows(datatable):
            serving = [each for each in rendered.containers if each.serves and each.component == row["tier"]]
            some(serving, what=f"containers of {row['tier']} that serve in {name}")
            must(
                (f"{name}: {each} has one question for both probes" for each in serving if same_probes(each)),
                of="containers",
            )


@given('the chart in "{folder}"', target_fixture="chart", example='the chart in "charts/shop"')
def chart_in(session: Session, settings: Config, folder: str) -> Chart:
    """A chart of another folder, with its own values."""
    return Chart(session.tool("helm"), settings.path(folder))


@assertion("what it renders keeps every rule")
def keeps_every_rule(found: Renderings) -> None:
    """No object of any rendering breaks a rule of the posture."""
    _keeps(found)


@assertion("what it renders keeps every rule but for these")
def keeps_every_rule_but(found: Renderings, datatable: list[list[str]]) -> None:
    """Some breaches are meant to be, `| rule | of | because |`; one that nothing needs fails."""
    allowed = [Allowance(**row) for row in rows(datatable)]
    must((f"the allowance for {each.of!r} gives no reason" for each in allowed if not each.because), of="allowances")
    _keeps(found, allowed=allowed)
    for each in allowed:
        note(f"{each.of} may break {each.rule}: {each.because}")


@assertion("what it renders keeps every rule on {theme}", example="what it renders keeps every rule on locality")
def keeps_rules_on(found: Renderings, theme: str) -> None:
    """No object of any rendering breaks a rule of that theme: bounds, probes, pods, identity and so on."""
    if theme not in THEMES:
        raise AcceptanceError(f"there are no rules on {theme!r}; there are on {', '.join(THEMES)}")
    _keeps(found, theme)


@assertion("it keeps every rule, and each of these values breaks the rule beside it and no other")
def each_rule_bites(chart: Chart, settings: Config, datatable: list[list[str]]) -> None:
    """Every rule is broken by some value alone, `| rule | path | value | says |`, and by nothing without it."""
    _keeps({chart.folder.name: _rendered(chart, settings)})
    examples = list(rows(datatable))
    must(
        chain.from_iterable(
            _misjudged(_rendered(chart.using(**{path: yaml.safe_load(row["value"])}), settings), path=path, **row)
            for row, path in ((row, row.pop("path")) for row in examples)
        ),
        of="rules",
    )
    shown = {row["rule"] for row in examples}
    must(
        (f"nothing shows that the rule {name} can be broken; add a value" for name in RULES.keys() - shown), of="rules"
    )
    note(f"{len(examples)} values break {len(shown)} rules")


@assertion("its schema describes every value, and takes no other")
def schema_is_strict(chart: Chart, settings: Config) -> None:
    """Every object is closed, so that Helm refuses what is not described; and what is described has a default."""
    _rendered(chart, settings)
    schema = Schema(chart.folder)
    must((f"the schema takes any value at {path or 'its top'}; close it" for path in schema.openings()), of="objects")
    must((f"{path} has no default; add one to values.yaml" for path in schema.without_default()), of="values")
    note(f"{len(list(schema.levels()))} objects of values are closed")


@assertion("its schema is open at these places and no other")
def schema_is_open(chart: Chart, datatable: list[list[str]]) -> None:
    """A schema that is not strict is known for it, at each place where it takes what it does not describe."""
    found = list(Schema(chart.folder).openings())
    expected = [row["place"] for row in rows(datatable)]
    must((f"that the schema is open at {place} is not seen" for place in expected if place not in found), of="places")
    must((f"the schema is open at {place} too" for place in found if place not in expected), of="places")


@assertion("an unknown value is refused in every object of its values")
def unknown_is_refused(chart: Chart, settings: Config) -> None:
    """Helm itself refuses an unknown key at each level, and names it; the control is that it renders without."""
    _rendered(chart, settings)
    levels = some(Schema(chart.folder).levels(), what="objects of values")
    must((said for level in levels for said in _taken(chart, settings, level)), of="objects of values")
    note(f"{len(levels)} unknown values refused")


@assertion('no file below "{folder}" says any of these words, which those of the places beside them do say')
def keeps_words_out(settings: Config, folder: str, datatable: list[list[str]]) -> None:
    """A layer says nothing of another: `| word | place | except in |`; the last column has patterns of files."""
    files = trace.project_files(settings.root)
    some(trace.files.below([folder], files), what=f"files below {folder}")
    table = list(rows(datatable))
    must(
        chain.from_iterable(
            trespasses(
                settings.root,
                files,
                folder=folder,
                word=row["word"],
                place=row["place"],
                excepted=row.get("except in", "").replace(",", " ").split(),
            )
            for row in table
        ),
        of="words",
    )
    note(f"{len(table)} words in {len(trace.files.below([folder], files))} files")


@assertion(
    'no manifest of the application stands outside "{folders}"',
    example='no manifest of the application stands outside "charts, mutants"',
)
def no_manifest_outside(chart: Chart, settings: Config, folders: str) -> None:
    """No file elsewhere has objects with the application's label or images; the chart's own are known by them."""
    values = yaml.safe_load((chart.folder / "values.yaml").read_text(encoding="utf-8"))
    built = some((_at(values, f"{image.value}.repository") for image in settings.images.values()), what="own images")
    application = Application(chart.render(name=settings.release, namespace=NAMESPACE), built)
    must(application.unknown(), of="workloads")
    must(application.strays(settings.root, trace.project_files(settings.root), homes=folders.split(", ")), of="files")


def _rendered(chart: Chart, settings: Config) -> Rendered:
    return Rendered(chart.render(name=settings.release, namespace=NAMESPACE))


def _keeps(found: Renderings, theme: str = "", allowed: Sequence[Allowance] = ()) -> None:
    must(findings(found, theme, allowed=allowed), of="breaches")
    asked = [rule for rule in RULES.values() if theme in ("", rule.theme)]
    total = sum(len(rendered.objects) for rendered in found.values())
    note(f"{len(asked)} rules on {len(found)} renderings with {total} objects")


def _misjudged(rendered: Rendered, *, path: str, rule: str, value: str, says: str) -> list[str]:
    """How the rules misjudge a bad value."""
    found = breaches(rendered)
    what = f"{path}={value}"
    if rule not in RULES:
        return [f"there is no rule {rule!r}"]
    return [
        *(f"{what} breaks another rule than {rule}: {each}" for each in found if each.rule != rule),
        *([] if any(says in each.said for each in found) else [_unsaid(what, rule, says, found)]),
    ]


def _unsaid(what: str, rule: str, says: str, found: list[Breach]) -> str:
    if not found:
        return f"the rule {rule} does not notice {what}"
    return f"the rule {rule} does not say {says!r} of {what}: {found[0]}"


def _taken(chart: Chart, settings: Config, level: str) -> list[str]:
    """What is wrong with how the chart answers an unknown value."""
    path = f"{level}.{UNKNOWN}".removeprefix(".")
    try:
        _rendered(chart.using(**{path: {}}), settings)
    except ReleaseError as error:
        return [] if UNKNOWN in error.summary else [f"the refusal of {path} does not name it: {error.summary}"]
    return [f"the chart takes {path} without a word; close that object in its schema"]


def _at(values: Any, path: str) -> str:
    return str(reduce(lambda place, name: place[name], path.split("."), values))
