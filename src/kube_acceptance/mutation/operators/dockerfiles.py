"""How images are made: from which base, in which order, for which user, with what left in them, and how they start.

Unlike the other operators, these read the Dockerfile of an image. What they add works in any base that has a shell and
needs nothing from any network.
"""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators.images import split
from kube_acceptance.mutation.operators.recipe import SCRATCH, Recipe, Stage, Step, short
from kube_acceptance.mutation.operators.values import others

DockerfileOperator = Callable[[str, str], Iterator[Derived]]
"""The name of an image and the text of its Dockerfile go in; a mutant for each place comes out."""

OTHER_BASE = "debian:12-slim"
KEY = "npm_" + "A1b2C3d4E5f6" * 3
"""What looks like a token, and is none."""
LARGE = 150  # MB
JSON = re.compile(r"\s*\[.*\]\s*$", re.DOTALL)
CLAUSE = re.compile(r"[ \t]*\\\n(?:\s*#[^\n]*\n)*\s*&&\s+")
CARE = ("rm", "find", "chmod", "chown", "strip", "touch", "sed", "test", "python", "python3", "apk", "apt-get")
"""Commands that go on from a step to tidy up or to check; the others do what the step is there for."""
OPTIONS = {
    "--require-hashes": "packages are installed whatever their hash",
    "--no-deps": "packages that nobody listed are installed",
    "--no-cache-dir": "what was downloaded is kept in the image",
    "--no-cache": "what was downloaded is kept in the image",
    "--no-compile": "bytecode is made twice",
    "--only-binary :all:": "packages run what they like while they are built",
    "--ignore-scripts": "packages run what they like while they are installed",
    "--no-install-recommends": "packages that nobody asked for are installed",
    "--frozen-lockfile": "other versions are installed than the lock file says",
    "--locked": "other versions are installed than the lock file says",
    "--omit=dev": "what is only for development is installed",
    "--production": "what is only for development is installed",
    "--invalidation-mode unchecked-hash": "bytecode is compared with its source at each start",
}
"""Options that protect, and what happens without them."""
LEFT = {
    "compiler": ("cp /bin/sh /usr/bin/cc", "a compiler"),
    "package-manager": ("mkdir -p /usr/local/bin && cp /bin/sh /usr/local/bin/npm", "a package manager"),
    "tests": ("mkdir -p /opt/left/tests && echo pass > /opt/left/tests/test_left.py", "a test suite"),
    "cache": ("mkdir -p /root/.cache && echo left > /root/.cache/left", "a cache"),
    "header": ("mkdir -p /usr/include && echo > /usr/include/left.h", "a header of C"),
    "source-map": ("mkdir -p /opt/left && echo {} > /opt/left/left.js.map", "a source map"),
    "repository": ("mkdir -p /opt/left/.git && echo left > /opt/left/.git/HEAD", "a repository"),
    "program": ("mkdir -p /usr/local/bin && cp /bin/sh /usr/local/bin/left", "a program of no package"),
    "setuid": (
        "mkdir -p /usr/local/bin && cp /bin/sh /usr/local/bin/left && chmod 4755 /usr/local/bin/left",
        "a setuid program",
    ),
    "writable": ("mkdir -p /opt/left && chmod 777 /opt/left", "a folder that all may write to"),
    "time": ("date > /etc/left", "a file that is another one in each build"),
    "changed-file": ("echo '# left' >> /etc/profile", "a file of a package that is not as the package has it"),
    "ballast": (f"dd if=/dev/zero of=/etc/left bs=1000000 count={LARGE} 2>/dev/null", f"{LARGE} MB of nothing"),
}
"""What can be left in an image, and how it comes there."""


def bases(image: str, text: str) -> Iterator[Derived]:
    """Each base floating, without its digest; the image from another distribution, and from what it is built in."""
    recipe = Recipe(image, text)
    stages = {stage.name for stage in recipe.stages}
    done: set[int] = set()
    for stage in recipe.stages:
        base, argument = recipe.named(stage.base)
        step = argument or stage.steps[0]
        if base in (*stages, SCRATCH) or "$" in base or step.start in done:
            continue
        done.add(step.start)
        name, tag, digest = split(base)
        for operator, instead, what in (
            ("base-latest", f"{name}:latest", "release"),
            ("base-without-digest", f"{name}:{tag}" if digest and tag else base, "digest"),
        ):
            if instead != base:
                yield recipe.derive(
                    operator,
                    step,
                    step.text.replace(base, instead, 1),
                    part=base,
                    takes_away=f"the {what} of the base {base} of image {image}; it is {instead}",
                    unnoticed=f"image {image} is built from whatever is called {instead}",
                    signs=(name,),
                )
    first = recipe.last.steps[0]
    base, _ = recipe.named(recipe.last.base)
    if "alpine" in base:
        yield recipe.derive(
            "base-other",
            first,
            _from(first, OTHER_BASE),
            takes_away=f"the base {base} of image {image}; {OTHER_BASE} is in its place",
            unnoticed=f"image {image} is built from {OTHER_BASE}, not from {base}",
            signs=("base",),
        )
    for source in dict.fromkeys(step.source for step in recipe.last.of("COPY")):
        if source in stages:
            yield recipe.derive(
                "builder-shipped",
                first,
                _from(first, source),
                part=source,
                takes_away=f"the separation of stage {source} from image {image}, which is built on it",
                unnoticed=f"image {image} holds all that stage {source} holds",
            )


def users(image: str, text: str) -> Iterator[Derived]:
    """The user of the image unsaid, root, and a name that nobody can tell from root."""
    recipe = Recipe(image, text)
    for step in recipe.last.of("USER"):
        for operator, put, unnoticed in (
            ("user-removed", "", f"image {image} names no user, so it runs as the one of its base"),
            ("user-root", "USER 0:0", f"image {image} runs as root"),
            ("user-named", "USER nobody", f"image {image} runs as a name, which may be anybody's, also root's"),
        ):
            if step.text != put:
                yield recipe.derive(
                    operator,
                    step,
                    put,
                    part=step.rest,
                    takes_away=f"the user {step.rest} of image {image}",
                    unnoticed=unnoticed,
                    signs=("runs as", "has the user"),
                )


def order(image: str, text: str) -> Iterator[Derived]:
    """What changes often copied before what takes long, so that each build does it all again; ADD instead of COPY."""
    recipe = Recipe(image, text)
    for stage in recipe.stages:
        copies = [step for step in stage.of("COPY") if not step.source]
        for step in copies:
            words = step.words
            named = all("." in word.rpartition("/")[2] or "*" in word for word in words[:-1]) and words[0] != "."
            if words[-1].endswith("/") and named and not JSON.match(step.rest):
                flags = [word for word in step.rest.split() if word.startswith("--")]
                yield recipe.derive(
                    "everything-copied",
                    step,
                    " ".join(("COPY", *flags, ".", words[-1])),
                    part=short(step.rest),
                    takes_away=f"the choice of {' '.join(words[:-1])} in stage {stage.name} of image {image}",
                    unnoticed=f"each change of the sources repeats what stage {stage.name} of image {image} does",
                    signs=("ran again",),
                )
            yield recipe.derive(
                "added",
                step,
                re.sub(r"^\s*\w+", "ADD", step.text, count=1),
                part=f"{stage.name}, {short(step.rest)}",
                takes_away=f"the COPY of {short(step.rest)} into image {image}, which is an ADD",
                unnoticed=f"archives in {' '.join(words[:-1])} are unpacked into image {image}",
                signs=("DL3020",),
            )
        for one, other in pairwise(copies):
            between = text[one.start + len(one.text) : other.start]
            if any(step.name == "RUN" and one.start < step.start < other.start for step in stage.steps):
                both = Step("COPY", one.rest, one.text + between + other.text, one.start)
                yield recipe.derive(
                    "copied-too-early",
                    both,
                    f"{one.text}\n{other.text}{between.rstrip()}",
                    part=short(other.rest),
                    takes_away=f"the place of COPY {short(other.rest)} in stage {stage.name} of image {image}",
                    unnoticed=f"each change of {' '.join(other.words[:-1])} repeats what comes after "
                    f"COPY {short(one.rest)} in image {image}",
                    signs=("ran again",),
                )


def steps(image: str, text: str) -> Iterator[Derived]:
    """Each part of a build step that tidies up or checks, and each option that protects, taken away."""
    recipe = Recipe(image, text)
    named: Counter[tuple[str, str]] = Counter()
    for stage, step in recipe.runs:
        yield from _clauses(recipe, stage, step)
        for option, without in OPTIONS.items():
            written = re.escape(option).replace(r"\ ", r"\s+")
            if match := re.search(rf"(?<=\s){written}(?=\s)[ ]?", step.text):
                named[stage.name, option] += 1
                number = f" {named[stage.name, option]}" if named[stage.name, option] > 1 else ""
                yield recipe.derive(
                    "option-removed",
                    step,
                    step.text[: match.start()] + step.text[match.end() :],
                    part=f"{stage.name}, {option}{number}",
                    takes_away=f"the option {option} in stage {stage.name} of image {image}",
                    unnoticed=f"{without}, in stage {stage.name} of image {image}",
                )
        if " npm ci" in step.text:
            yield recipe.derive(
                "lock-ignored",
                step,
                step.text.replace(" npm ci", " npm install", 1),
                part=stage.name,
                takes_away=f"the strictness of npm in stage {stage.name} of image {image}",
                unnoticed=f"npm installs what the lock file does not say, in stage {stage.name} of image {image}",
            )
    for stage in recipe.stages:
        for step in stage.of("SHELL"):
            if "pipefail" in step.rest:
                yield recipe.derive(
                    "pipes-hide-failures",
                    step,
                    "",
                    part=stage.name,
                    takes_away=f"the pipefail of stage {stage.name} of image {image}",
                    unnoticed=f"stage {stage.name} of image {image} goes on when a command before a pipe fails",
                    signs=("DL4006",),
                )


def leftovers(image: str, text: str) -> Iterator[Derived]:
    """What only building needs, or nobody, left in the image or hidden in a layer; a token in its history."""
    recipe = Recipe(image, text)
    if recipe.last.base == SCRATCH:
        return
    for what, (command, words) in LEFT.items():
        yield recipe.before_user(
            f"{what}-left",
            f"RUN {command}",
            takes_away=f"the tidiness of image {image}, in which {words} is left",
            unnoticed=f"image {image} holds {words}",
        )
    yield recipe.before_user(
        "hidden-left",
        f"RUN {LEFT['compiler'][0]}\nRUN rm /usr/bin/cc",
        takes_away=f"the tidiness of a layer of image {image}, in which a later one hides a compiler",
        unnoticed=f"a layer of image {image} holds a compiler that a later one hides",
    )
    for kind in ("ENV", "ARG"):
        yield recipe.before_user(
            f"secret-in-{kind.lower()}",
            f"{kind} LEFT={KEY}\nRUN true",
            takes_away=f"the absence of secrets from the history of image {image}; {kind} LEFT is a token",
            unnoticed=f"a token stands in the history of image {image}, at {kind}",
            signs=("token",),
        )
    for step in list(recipe.last.of("WORKDIR"))[-1:]:
        yield recipe.before_user(
            "program-writable",
            f"RUN chmod -R a+w {step.rest}",
            takes_away=f"the modes of {step.rest} in image {image}; all may write to it",
            unnoticed=f"every user may write to {step.rest} of image {image}",
        )


def starting(image: str, text: str) -> Iterator[Derived]:
    """The program behind a shell, told to end by a signal that it cannot hear, with no health check or an empty one."""
    recipe = Recipe(image, text)
    last = recipe.last
    for step in last.of("ENTRYPOINT", "CMD"):
        if JSON.match(step.rest):
            words = json.loads(step.rest)
            # without the second command some shells would give way to the first
            yield recipe.derive(
                "shell-form",
                step,
                f"{step.name} {shlex.join(words)}; exit $?",
                part=step.name,
                takes_away=f"the list of words after {step.name} of image {image}; a shell starts its program",
                unnoticed=f"a shell stands before the program of image {image}, and keeps signals from it",
                signs=("signal", "SIGTERM", "killed"),
            )
    kill = "STOPSIGNAL SIGKILL"
    stops = list(last.of("STOPSIGNAL"))
    step = stops[0] if stops else last.steps[-1]
    yield recipe.derive(
        "killed-to-stop",
        step,
        kill if stops else f"{step.text}\n{kill}",
        takes_away=f"the signal by which image {image} is told to end; it is SIGKILL",
        unnoticed=f"image {image} is killed when it is told to end",
        signs=("SIGTERM", "SIGKILL", "killed", "requests failed"),
    )
    for step in stops:
        yield recipe.derive(
            "stop-signal-removed",
            step,
            "",
            takes_away=f"the STOPSIGNAL {step.rest} of image {image}",
            unnoticed=f"image {image} is told to end by SIGTERM, not by {step.rest}",
            signs=("STOPSIGNAL", "killed"),
        )
    for step in last.of("HEALTHCHECK"):
        for operator, put, words in (
            ("health-check-removed", "", "has no health check"),
            ("health-check-empty", "HEALTHCHECK CMD true", "is said to be well whatever it does"),
        ):
            yield recipe.derive(
                operator,
                step,
                put,
                takes_away=f"the health check of image {image}",
                unnoticed=f"image {image} {words}",
                signs=("health",),
            )


def settings(image: str, text: str) -> Iterator[Derived]:
    """Each variable, label, port and argument of the image removed, and each with another value that is less safe."""
    recipe = Recipe(image, text)
    for step in recipe.last.of("ENV", "LABEL"):
        kind = "variable" if step.name == "ENV" else "label"
        for name, value in step.pairs.items():
            yield recipe.derive(
                f"{kind}-removed",
                step,
                step.without(name),
                part=name,
                takes_away=f"the {kind} {name} of image {image}",
                unnoticed=f"image {image} has no {kind} {name}",
                signs=(name,),
            )
            for other in others(name, value.strip("\"'")) if kind == "variable" else ():
                yield recipe.derive(
                    f"variable-{other.how}",
                    step,
                    step.setting(name, other.value),
                    part=name,
                    takes_away=f"the value {value} of {name} of image {image}; it is {other.value}",
                    unnoticed=f"{name} of image {image} is {other.value}, not {value}",
                    signs=(name,),
                )
    for step in recipe.last.of("EXPOSE"):
        for operator, put, words in (
            ("port-unsaid", "", "does not say at which port it listens"),
            ("port-other", "EXPOSE 9", "exposes port 9, at which it does not listen"),
        ):
            yield recipe.derive(
                operator,
                step,
                put,
                takes_away=f"the EXPOSE {step.rest} of image {image}",
                unnoticed=f"image {image} {words}",
                signs=("expose",),
            )
    for step in recipe.last.of("ARG"):
        for name, value in step.pairs.items():
            if re.fullmatch(r"v?\d+(\.\d+)+", value):
                yield recipe.derive(
                    "argument-other",
                    step,
                    step.text.replace(value, "0.0.0", 1),
                    part=name,
                    takes_away=f"the {name} {value} of image {image}; it is 0.0.0",
                    unnoticed=f"the {name} of image {image} is 0.0.0, not {value}",
                    signs=(name.lower(),),
                )


def _clauses(recipe: Recipe, stage: Stage, step: Step) -> Iterator[Derived]:
    """The parts of a build step after its first, each on a line of its own after `&&`."""
    found = list(CLAUSE.finditer(step.text))
    ends = [*(match.start() for match in found), len(step.text)][1:]
    for match, end in zip(found, ends, strict=True):
        clause = step.text[match.end() : end]
        if clause.split()[0] in CARE:
            yield recipe.derive(
                "care-removed",
                step,
                step.text[: match.start()] + step.text[end:],
                part=f"{stage.name}, {short(clause)}",
                takes_away=f"`{short(clause)}` of stage {stage.name} of image {recipe.image}",
                unnoticed=f"stage {stage.name} of image {recipe.image} does without `{short(clause)}`",
            )


def _from(step: Step, base: str) -> str:
    """A FROM with another base."""
    return step.text.replace(step.words[0], base, 1)


OPERATORS: tuple[DockerfileOperator, ...] = (bases, users, order, steps, leftovers, starting, settings)


def from_dockerfile(image: str, text: str) -> Iterator[Derived]:
    """All mutants of a Dockerfile; those of what it says twice have a number.

    Args:
        image: The name of the image.
        text: What the Dockerfile says.
    """
    named: Counter[str] = Counter()
    for operator in OPERATORS:
        for mutant in operator(image, text):
            named[mutant.id] += 1
            if (number := named[mutant.id]) > 1:
                mutant = mutant.model_copy(update={"part": f"{mutant.part} {number}".strip()})
            yield mutant
