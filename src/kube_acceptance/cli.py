"""The command `kube-acceptance`: what is not a pytest run."""

from __future__ import annotations

import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kube_acceptance import config as configuration
from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.settings import load

# each command imports what it needs and no other does: all of it takes longer than most commands

app = typer.Typer(
    help="Acceptance tests for Kubernetes deployments: the scenarios themselves run by  pytest features/",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def init(
    chart: Annotated[Path, typer.Argument(help="the folder of the chart")],
    values: Annotated[
        Path | None, typer.Option(metavar="FILE", help="the values file to install it with; its own values when empty")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only print what would be written")] = False,
) -> None:
    """Write a first features/ and pyproject.toml for a chart, from what it renders; overwrite nothing.

    The features use general phrases alone, which `kube-acceptance steps` prints, and need no code. What the chart
    breaks today stands in a table of features/chart.feature. A pyproject.toml that is there is added to, at its end.

    Examples:
        kube-acceptance init charts/shop

        kube-acceptance init charts/shop --values charts/shop/values-ci.yaml

        kube-acceptance init charts/shop --dry-run
    """
    from kube_acceptance import scaffold
    from kube_acceptance.tools import resolve

    root = Path.cwd()
    if not dry_run:
        scaffold.must_be_new(root)
    made = scaffold.draft(root, chart, lambda: resolve("helm", cache=configuration.cache_folder()), values=values)
    if dry_run:
        texts = {**made.features, Path(configuration.FILE): made.section}
        typer.echo("\n".join(f"# ---- {path}\n{text}" for path, text in texts.items()), nl=False)
        return
    scaffold.write(made)
    for path, feature in made.features.items():
        typer.echo(f"wrote {path}: {feature.name}")
    typer.echo(f"wrote [tool.kube-acceptance] to {configuration.FILE}")
    for remark in made.remarks:
        typer.echo(f"note: {remark}")
    typer.echo("next: pytest features/ -m static    # seconds, no Docker; then all of it: pytest features/")


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="as JSON, for programs")] = False,
) -> None:
    """Say what this machine and this project lack for a run, with one fix a line; start and change nothing.

    A line each: ok, warning (a run may succeed all the same) or missing. Exit status 1 when something is missing.

    Examples:
        kube-acceptance doctor

        kube-acceptance doctor --json
    """
    from kube_acceptance.doctor import as_json, as_lines, checks, examine, ready

    findings = examine(checks(Path.cwd()))
    lines = [as_json(findings)] if json else as_lines(findings, colour=sys.stdout.isatty())
    typer.echo("\n".join(lines))
    if not ready(findings):
        raise typer.Exit(1)


@app.command()
def clean(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be removed")] = False,
    everything: Annotated[
        bool,
        typer.Option("--all", help="also clusters that this user's cache does not know, and networks of clusters"),
    ] = False,
    images: Annotated[
        bool, typer.Option("--images", help="also images of this folder's project that its files have outgrown")
    ] = False,
) -> None:
    """Remove what earlier runs kept or left behind, also after kill -9: clusters, containers, namespaces, folders.

    What a run uses stays. Exit status 1 when something could not be removed, or not be looked at.

    Examples:
        kube-acceptance clean --dry-run

        kube-acceptance clean --images
    """
    from kube_acceptance.clean import finders, sweep
    from kube_acceptance.tools import resolve

    cache = configuration.cache_folder()
    settings = load(Path.cwd()) if images else None
    outcome = sweep(
        finders(cache, tool=lambda name: resolve(name, cache=cache), everything=everything, project=settings),
        dry_run=dry_run,
        say=typer.echo,
    )
    for problem in outcome.problems:
        typer.echo(f"error: {problem}", err=True)
    if not outcome.count and not outcome.problems:
        typer.echo("there was nothing to remove")
    if outcome.problems:
        raise typer.Exit(1)


@app.command()
def images(
    save: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="keep those that are built in this folder, as one archive")
    ] = None,
    given: Annotated[
        Path | None, typer.Option("--load", metavar="FOLDER", help="first give Docker those that this folder keeps")
    ] = None,
) -> None:
    """Print the images of a run that are built as they would be today; nothing is built or pulled.

    A pipeline, each of whose runs has another machine, keeps them so. What has changed since has another tag, and is
    built by the run that needs it.

    Examples:
        kube-acceptance images

        kube-acceptance images --load .cache/images   # before pytest features/

        kube-acceptance images --save .cache/images   # after it
    """
    from kube_acceptance.images import kept
    from kube_acceptance.scratch import scratch
    from kube_acceptance.session import all_sources, connect

    client = connect()
    if given:
        for archive in kept.load(given):
            typer.echo(f"loaded {archive}")
    with scratch("previous") as folder:
        found = kept.built(all_sources(load(Path.cwd()), Path(folder)), client=client)
    typer.echo("\n".join(sorted(found) or ["none of the project's images is built"]))
    if save:
        saved = kept.save(found, save)
        typer.echo(f"{'kept' if saved.new else 'they are kept already'}: {saved.file}")


@app.command()
def merge(
    folders: Annotated[
        list[Path], typer.Argument(help="the reports of all shards, and what is left of attempts that were lost")
    ],
    reports: Annotated[Path | None, typer.Option(help="where the report goes; the project's folder by default")] = None,
) -> None:
    """Make one report of the reports of all shards, the one that a single run would have left.

    Shards are run by  pytest features/ --shard I/N. Exit status 1 as after a single run: when something failed, and
    when a shard is missing or a scenario ran in none or in two.

    Examples:
        kube-acceptance merge shard-1 shard-2 shard-3

        kube-acceptance merge downloaded/*/ --reports merged
    """
    from kube_acceptance.machines.together import together

    settings = load(Path.cwd())
    made = together(settings, folders, reports or settings.path(settings.reports))
    typer.echo("\n".join(made.lines()))
    if not made.well:
        raise typer.Exit(1)


@app.command(context_settings={"ignore_unknown_options": True})
def run(
    context: Annotated[str, typer.Option("--on", metavar="CONTEXT", help="the cluster's context of the kubeconfig")],
    wheel: Annotated[Path, typer.Option(metavar="FILE", help="the wheel of kube-acceptance that the pods install")],
    options: Annotated[list[str] | None, typer.Argument(help="words for pytest, after --")] = None,
    shards: Annotated[int, typer.Option(min=1, help="how many pods share the scenarios")] = 1,
    role: Annotated[
        list[str] | None, typer.Option(help="a ClusterRole that the pods need besides; may be repeated")
    ] = None,
    reports: Annotated[Path | None, typer.Option(help="where the report goes; the project's folder by default")] = None,
) -> None:
    """Run the suite as pods of a cluster that is there, a shard each, and make one report of theirs.

    The pods are those of an Indexed Job, which tries one that is lost again; the report tells it. Nothing stays there,
    also after Ctrl-C. Scenarios that need Docker or a browser are left out. Exit status as after a single run.

    Examples:
        kube-acceptance run --on staging --shards 8 --wheel dist/kube_acceptance-0.1.0-py3-none-any.whl

        kube-acceptance run --on staging --shards 8 --wheel kube_acceptance.whl --role admin -- -m "not disruptive"
    """
    import signal

    from kube_acceptance.machines.run import run as run_there

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what CI cancels with cleans up like Ctrl-C
    settings = load(Path.cwd())
    made = run_there(
        settings,
        context=context,
        shards=shards,
        wheel=wheel,
        options=options or [],
        roles=role or [],
        reports=reports or settings.path(settings.reports),
    )
    typer.echo("\n".join(made.lines()))
    if not made.well:
        raise typer.Exit(1)


@app.command()
def mutants(
    names: Annotated[list[str] | None, typer.Argument(help="which; all when none is named")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="leave the cluster behind, for another round")] = False,
    name: Annotated[str, typer.Option("--cluster-name", help="the cluster; this folder's own when empty")] = "",
    reports: Annotated[Path | None, typer.Option(help="keep the reports of each run below this folder")] = None,
) -> None:
    """Take each protection away in turn, and see its scenario go red for the right reason.

    A mutant that changes the cluster itself is refused while another run uses that cluster.

    Examples:
        kube-acceptance mutants

        kube-acceptance mutants no-network-policies --keep
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from kube_acceptance import mutation
    from kube_acceptance.cluster import Cluster
    from kube_acceptance.cluster.shared import folders, users
    from kube_acceptance.console import progress
    from kube_acceptance.mutation import runner
    from kube_acceptance.mutation.alteration import altered
    from kube_acceptance.mutation.project import reserved
    from kube_acceptance.mutation.score import Verdict
    from kube_acceptance.tools import resolve

    settings = load(Path.cwd())
    found = mutation.load_all(settings.path(settings.mutants))
    chosen = [mutation.load(settings.path(settings.mutants) / f"{name}.yaml") for name in names or []] or found
    judgements = []
    with reserved(settings, name, keep=keep) as lease:  # static scenarios and those of images need no cluster

        def changed(mutant: mutation.Mutant) -> AbstractContextManager[None]:
            if not mutant.cluster:
                return nullcontext()
            lease.take()
            cluster = Cluster(lease.provider, resolve("kubectl", cache=settings.cache))
            folder = folders(settings.cache) / lease.provider.name
            return altered(cluster, mutant, alone=lambda: users(folder) == [os.getpid()])

        for judgement in runner.run_all(
            chosen,
            root=settings.root,
            options=["--cluster-name", lease.provider.name],
            say=progress,
            altered=changed,
            reports=reports and reports.absolute(),
        ):
            progress(
                f"mutant {judgement.mutant.name}: {judgement.verdict} after {judgement.seconds:.0f} s: {judgement.seen}"
            )
            judgements.append(judgement)
    table = Table("mutant", "takes away", "verdict", "seconds", "what its scenario said")
    for each in judgements:
        seen = (each.mutant.name, each.mutant.takes_away, each.verdict, f"{each.seconds:.0f}", each.seen)
        table.add_row(*map(escape, seen))  # what stands in brackets is no markup
    Console(width=None if os.isatty(1) else 200).print(table)
    killed, total = runner.score(judgements)
    typer.echo(f"{killed} of {total} mutants killed")
    if any(each.verdict is not Verdict.KILLED for each in judgements):
        raise typer.Exit(1)


@app.command()
def mutate(
    names: Annotated[
        list[str] | None, typer.Argument(help="which, by id or pattern such as 'policy-*'; all when none is named")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="only say which there are, and what each takes away")] = False,
    since: Annotated[
        str, typer.Option("--changed", metavar="REV", help="only those of objects and images that differ from a commit")
    ] = "",
    count: Annotated[int, typer.Option("--sample", min=0, help="only so many, by chance; 0 takes all")] = 0,
    seed: Annotated[int | None, typer.Option(help="what chance is made of; a new one when none is given")] = None,
    tier: Annotated[
        list[str] | None, typer.Option(help="only the scenarios of this tier; may be repeated; all by default")
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="how many run side by side; 0 takes one a processor")] = 0,
    threshold: Annotated[
        int | None, typer.Option(min=0, max=100, help="percent that must be killed; pyproject.toml says it otherwise")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="judge anew what earlier rounds have judged")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="leave the cluster behind, for another round")] = False,
    name: Annotated[str, typer.Option("--cluster-name", help="the cluster; this folder's own when empty")] = "",
) -> None:
    """Derive mutants from what is deployed, and see whether the scenarios notice each; the sources stay as they are.

    Operators take away, one at a time, each policy, probe, limit, security setting, volume and rule that they find in
    the rendered chart and in the Dockerfiles. The cheapest scenarios that can see it come first, and the first that
    goes red for the right reason ends it; it is seen green without any mutant too. What was judged is remembered as
    long as nothing changes that it depends on: an interrupted round goes on where it was.

    The score goes to mutation.json among the reports and into the living documentation. Exit status 1 when less than
    the threshold is killed, or when nothing could be judged.

    Examples:
        kube-acceptance mutate --list

        kube-acceptance mutate --tier static            # minutes, no cluster

        kube-acceptance mutate --changed main           # what a branch touched

        kube-acceptance mutate --sample 20 --seed 7

        kube-acceptance mutate 'policy-*' '*.deployment-shop-*' --keep
    """
    from kube_acceptance.mutation.command import Choice, listed, mutate

    choice = Choice(patterns=names or [], since=since, count=count, seed=seed, tiers=tier or [])
    settings = load(Path.cwd())
    if show:
        typer.echo(listed(settings, choice))
        return
    passed = mutate(
        settings,
        choice,
        jobs=jobs,
        threshold=settings.mutation.threshold if threshold is None else threshold,
        fresh=fresh,
        keep=keep,
        cluster_name=name,
    )
    if not passed:
        raise typer.Exit(1)


@app.command()
def policies(
    seed: Annotated[str, typer.Option(help="from which the sets follow; a new one when none is given")] = "",
    sets: Annotated[int, typer.Option(min=1, help="how many sets")] = 100,
    only: Annotated[list[int] | None, typer.Option(min=1, help="only the set of this number; may be repeated")] = None,
    worlds: Annotated[
        int | None, typer.Option(min=1, help="how many sets are looked at at a time, ten pods each; 4 by default")
    ] = None,
    name: Annotated[str, typer.Option("--cluster-name", help="the cluster; this folder's own by default")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="leave the cluster behind, for another round")] = False,
) -> None:
    """Compare what random sets of NetworkPolicies mean by their specification with what the cluster does.

    Every pair of pods, port and protocol of a small world is probed, for each set. The same seed and number make the
    same set. Exit status 1 when the cluster disagrees; the set and the connections are then shown.

    Examples:
        kube-acceptance policies --keep

        kube-acceptance policies --seed 4711 --only 17 --keep
    """
    from kube_acceptance.console import progress
    from kube_acceptance.policy.check import WORLDS, check, new_seed
    from kube_acceptance.session import PROBE, Session, cluster_name

    settings = load(Path.cwd())
    session = Session(
        settings,
        owner=os.getpid(),
        cluster_name=name or cluster_name(settings),
        tools={},
        keep="always" if keep else "never",
    )
    session.wants_cluster = True
    try:
        found = check(
            session.cluster.new_client,
            session.images[PROBE].reference,
            labels=session.labels,
            seed=seed or new_seed(),
            numbers=only or range(1, sets + 1),
            worlds=worlds or WORLDS,
            say=progress,
        )
    finally:
        session.close(worker=False)
    typer.echo(found.summary())
    found.require_agreement()


@app.command()
def lint(
    chart: Annotated[
        Path | None, typer.Argument(help="the folder of a chart; the project's when none is named")
    ] = None,
) -> None:
    """Hold a chart against the rules on posture, with every values file in its folder; no cluster, no pytest.

    A line for each breach; exit status 1 when there is one. No annotation silences a rule.

    Examples:
        kube-acceptance lint

        kube-acceptance lint charts/shop
    """
    from kube_acceptance.release import Chart
    from kube_acceptance.security.posture import RULES, charts
    from kube_acceptance.tools import resolve

    settings = load(Path.cwd())
    helm = resolve("helm", cache=settings.cache)
    given = Chart(helm, (chart or settings.path(settings.chart)).absolute())
    if not (given.folder / "Chart.yaml").is_file():
        raise ConfigurationError(f"{chart or settings.chart} is no chart: it has no Chart.yaml")
    found = charts.renderings(given, name=settings.release, namespace="static")
    said = list(charts.findings(found))
    typer.echo("\n".join([*said, f"{len(said)} breaches of {len(RULES)} rules in {', '.join(found)}"]))
    if said:
        raise typer.Exit(1)


@app.command()
def bill(
    image: Annotated[
        str,
        typer.Argument(help="an image of this machine's Docker, by name and tag or by ID; or an archive of one, .tar"),
    ],
    output: Annotated[Path | None, typer.Option(help="write to this file; otherwise to standard output")] = None,
) -> None:
    """Write the bill of materials of an image, as CycloneDX 1.6 in JSON.

    Packages of Alpine, Python, Node and Go, and known programs that are copied in as files, are read from the image's
    layers; no container is started. The same image has the same bill. Programs that nothing explains are in it, too.

    Examples:
        kube-acceptance bill postgres:17-alpine

        kube-acceptance bill shop-api:1.4.2 --output shop-api.cdx.json

        kube-acceptance bill shop-api.tar   # from `docker save`, or in OCI's layout; needs no Docker
    """
    from kube_acceptance import sbom
    from kube_acceptance.images import open_archive, open_image
    from kube_acceptance.session import connect

    file = Path(image)
    with open_archive(file) if file.suffix == ".tar" else open_image(connect(), image) as contents:
        document = sbom.bill(contents)
    counts = sbom.Bill(document).counts
    if unknown := counts.get("file"):
        typer.echo(f"{unknown} programs and libraries belong to no package and are no known program", err=True)
    if output is None:
        typer.echo(document, nl=False)
        return
    try:
        output.write_text(document, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{output} cannot be written: {error.strerror}", hint="Name a file in a folder that is there."
        ) from error
    typer.echo(f"{output}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))


@app.command()
def steps(
    words: Annotated[list[str] | None, typer.Argument(help="only phrases that have all of these words")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="as the document docs/phrases.md")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Print the phrases that features may use, those of the project in this folder too, each with an example.

    Examples:
        kube-acceptance steps

        kube-acceptance steps ingress answers

        kube-acceptance steps --markdown > docs/phrases.md
    """
    from rich.console import Console

    from kube_acceptance.vocabulary import catalogue

    root = Path.cwd()
    found = catalogue.entries([*catalogue.general(), *catalogue.own(root)], root)
    asked = " ".join(words or [])
    found = catalogue.having(found, asked)
    if not found:
        raise ConfigurationError(f"no phrase has all of these words: {asked}", hint="Try fewer words, or none.")
    if markdown:
        typer.echo(catalogue.markdown(found), nl=False)
    elif as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
    elif os.isatty(1):
        catalogue.show(found, Console())
    else:
        typer.echo(catalogue.plain(found))


@app.command()
def settings(
    markdown: Annotated[bool, typer.Option("--markdown", help="the reference of all keys, docs/settings.md")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON, with the names of options and variables")] = False,
) -> None:
    """Print every key of the configuration, its value, and who said it: pyproject.toml, a variable, or nobody.

    In a pipe a line for each key, with tabs between the three.

    Examples:
        kube-acceptance settings

        KUBE_ACCEPTANCE_CLUSTER_IMAGE=kindest/node:v1.30.0 kube-acceptance settings | grep cluster

        kube-acceptance settings --markdown > docs/settings.md
    """
    from kube_acceptance.settings import show

    if markdown:
        typer.echo(show.markdown(), nl=False)
        return
    config = load(Path.cwd())
    if as_json:
        typer.echo(show.as_json(config))
    elif os.isatty(1):
        from rich.console import Console

        Console().print(show.table(config))
    else:
        typer.echo(show.plain(config))


def main() -> None:
    """Run the command; what a person can act on is said in a sentence, with exit status 1."""
    try:
        app()
    except AcceptanceError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise SystemExit(130) from None
    except Exception as error:
        from kube_acceptance.cluster.silence import said_of

        if not (said := said_of(error)):
            raise
        typer.echo(f"error: {said}", err=True)
        raise SystemExit(1) from None
