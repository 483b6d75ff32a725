"""What programs are told: ConfigMaps, environment variables, arguments, and the lines of files of settings.

Whether a mutant of these is one cannot be known: a program may not start with the other value, and where the value is
its default a removal changes nothing. The first proves nothing, the second is to be marked as equivalent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Place, containers, containers_of, of_kind, pods
from kube_acceptance.mutation.operators.values import others

LINE = re.compile(
    r"^(?P<before>\s*(?P<name>[A-Za-z_][\w.-]*)\s*[=:]\s*[\"']?)(?P<value>[^\"'#;\s][^\"'#;]*?)(?P<after>[\"']?\s*(?:[#;].*)?)$"
)
"""A line of a file of settings: `name = value` or `name: value`."""
_NAMED = r"(?P<name>[A-Za-z_][\w.-]*)=(?P<value>[^\s\"'\\;|&)$]+)"
OPTION = re.compile(r"(?<![\w$.-])(?:-[cvoDX]\s*|--(?:set[= ])?)" + _NAMED)
"""An option of a command: `-c name=value`, `--name=value`."""
WORD = re.compile(_NAMED)
"""A word of a command that is an option: `name=value`."""
COMMAND = ("command", "args")
FILES = (".conf", ".cnf", ".cfg", ".ini", ".env", ".properties", ".toml", ".yaml", ".yml")
SHELL = re.compile(r"#!.*sh\b")


@dataclass(frozen=True)
class Text:
    """A text that a program reads: an entry of a ConfigMap, an argument, the value of a variable.

    Attributes:
        place: The object or container that it belongs to.
        keys: Where it is, from there.
        name: What it is called.
        text: What it says.
    """

    place: Place
    keys: tuple[str | int, ...]
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.name} of {self.place}"

    @property
    def argument(self) -> bool:
        """Whether it is a word of a command."""
        return self.keys[0] in COMMAND

    @property
    def script(self) -> bool:
        """Whether it is a script of a shell."""
        return "\n" in self.text and bool(
            self.name.endswith((".sh", ".bash")) or SHELL.match(self.text) or self.argument
        )

    @property
    def settings(self) -> bool:
        """Whether it is a file of settings, a line each."""
        return "\n" in self.text and self.name.endswith(FILES)

    def derive(
        self, operator: str, *, part: str, takes_away: str, unnoticed: str, text: str, sign: str = ""
    ) -> Derived:
        """The mutant in which it is another text."""
        return self.place.derive(
            operator,
            Concern.CONFIGURATION,
            part=part,
            takes_away=takes_away,
            unnoticed=unnoticed,
            patch=[
                {"op": "add" if "data" in self.keys else "replace", "path": self.place.at(*self.keys), "value": text}
            ],
            signs=[sign or self.name],
        )


def entries(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each entry of a ConfigMap, and each environment variable, that is one value: another one, and none."""
    for text, gone in (*_entries(objects), *_variables(objects)):
        if "\n" in text.text.strip():
            continue
        for other in others(text.name, text.text):
            yield text.derive(
                f"setting-{other.how}",
                part=text.name,
                takes_away=f"the value {text.text} of {text}; it is {other.value}",
                unnoticed=f"{text} is {other.value}, not {text.text}",
                text=other.value,
            )
        # what is mounted as a file must be there, or the pod does not start
        if "." not in text.name:
            yield text.place.derive(
                "setting-removed",
                Concern.CONFIGURATION,
                part=text.name,
                takes_away=f"{text}",
                unnoticed=f"{text} is not set",
                patch=[gone],
                signs=(text.name,),
            )


def options(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each option of a command that has a value, in arguments, in scripts and in variables: another value."""
    for text in texts(objects):
        if text.settings:
            continue
        named: Counter[str] = Counter()
        word = WORD.fullmatch(text.text) if text.argument else None
        for match in [word] if word else OPTION.finditer(text.text):
            yield from _another(text, match, named)


def lines(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each line of a file of settings: another value."""
    for text in texts(objects):
        if text.settings:
            named: Counter[str] = Counter()
            for match in re.finditer(LINE.pattern, text.text, re.MULTILINE):
                yield from _another(text, match, named)


def flags(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each argument that is the value of the one before it: another value."""
    for container in containers(objects):
        for field in COMMAND:
            words = container.value.get(field) or []
            named: Counter[str] = Counter()
            for index, (flag, value) in enumerate(pairwise(words), start=1):
                if re.fullmatch(r"--?[A-Za-z][\w-]*", flag) and flag not in ("-c", "-ec", "-m"):
                    name = flag.lstrip("-")
                    number = _number(named, name)
                    text = Text(container, (field, index), flag, value)
                    for other in others(name, value):
                        yield text.derive(
                            f"option-{other.how}",
                            part=f"{flag}{number}",
                            takes_away=f"the value {value} of {text}; it is {other.value}",
                            unnoticed=f"{text} is {other.value}, not {value}",
                            text=other.value,
                        )


def texts(objects: Sequence[Object]) -> Iterator[Text]:
    """All texts that programs read: ConfigMaps, environment variables, and the commands and arguments of containers."""
    yield from (text for text, _ in (*_entries(objects), *_variables(objects)))
    for container in containers(objects):
        for field in COMMAND:
            words = container.value.get(field) or []
            for index, word in enumerate(words):
                kind = "command" if field == "command" else "arguments"
                yield Text(container, (field, index), f"the {kind}", word)


def _another(text: Text, match: re.Match[str], named: Counter[str]) -> Iterator[Derived]:
    """A named value within a text, as others."""
    name, value = match["name"], match["value"].strip()
    number = _number(named, name)
    for other in others(name, value):
        start = match.start("value")
        yield text.derive(
            f"option-{other.how}",
            part=f"{text.name.removeprefix('the ')}, {name}{number}",
            takes_away=f"the value {value} of {name} in {text}; it is {other.value}",
            unnoticed=f"{name} in {text} is {other.value}, not {value}",
            text=text.text[:start] + other.value + text.text[start + len(value) :],
            sign=name,
        )


def _number(named: Counter[str], name: str) -> str:
    """A number for what has the same name as something before it."""
    named[name] += 1
    return f" {named[name]}" if named[name] > 1 else ""


def _entries(objects: Sequence[Object]) -> Iterator[tuple[Text, dict[str, object]]]:
    """The entries of ConfigMaps, with signs of the containers that read them, and what removes them."""
    for place in of_kind(objects, "ConfigMap"):
        name = place.item["metadata"]["name"]
        signs = dict.fromkeys(place.signs)
        for pod in pods(objects):
            readers = [each for each in containers_of(pod) if name in _read(pod, each)]
            if readers:
                signs |= dict.fromkeys((*pod.signs, *(each.part for each in readers)))
        reading = replace(place, signs=tuple(signs))
        for key, value in (place.value.get("data") or {}).items():
            yield Text(reading, ("data", key), key, value), reading.remove("data", key)


def _variables(objects: Sequence[Object]) -> Iterator[tuple[Text, dict[str, object]]]:
    """The environment variables that have a value."""
    for container in containers(objects):
        variables = container.value.get("env") or []
        for index, variable in enumerate(variables):
            gone = container.remove("env", index) if len(variables) > 1 else container.remove("env")
            if "value" in variable:
                yield Text(container, ("env", index, "value"), variable["name"], variable["value"]), gone


def _read(pod: Place, container: Place) -> set[str]:
    """The ConfigMaps that a container reads."""
    found = {each["configMapRef"]["name"] for each in container.value.get("envFrom") or [] if "configMapRef" in each}
    for variable in container.value.get("env") or []:
        found.add(((variable.get("valueFrom") or {}).get("configMapKeyRef") or {}).get("name", ""))
    mounted = {each["name"] for each in container.value.get("volumeMounts") or []}
    for volume in pod.value.get("volumes") or []:
        if volume["name"] in mounted:
            found.update(_config_maps(volume))
    return found


def _config_maps(volume: Mapping[str, object]) -> Iterable[str]:
    sources = [volume, *((volume.get("projected") or {}).get("sources") or [])]  # type: ignore[attr-defined]
    return [each["configMap"]["name"] for each in sources if "configMap" in each]


OPERATORS = (entries, options, lines, flags)
