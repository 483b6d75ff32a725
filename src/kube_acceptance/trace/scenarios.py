"""The scenarios of feature files, as the Gherkin compiler sees them."""

from __future__ import annotations

from pathlib import Path

from gherkin.errors import CompositeParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.trace.mistakes import Mistakes
from kube_acceptance.trace.model import Place, Scenario


def read_scenarios(path: Path) -> list[Scenario]:
    """All scenarios of a feature file, or of all below a folder; one for each row of an outline.

    Args:
        path: The file or folder; the `uri` of a scenario begins with its name.

    Raises:
        ConfigurationError: Files are not Gherkin (all mistakes are told at once), or there is no scenario at all.
    """
    scenarios: list[Scenario] = []
    mistakes = Mistakes()
    for file in [path] if path.is_file() else sorted(path.rglob("*.feature")):
        uri = file.relative_to(path.parent).as_posix()
        try:
            document = Parser().parse(file.read_text(encoding="utf-8"))
        except CompositeParserException as error:
            for each in error.errors:  # their text is "(line:column): what"; the place is told once, in front
                mistakes.add(Place(uri, each.location["line"]), str(each).partition("): ")[2])
            continue
        for pickle in Compiler().compile({**document, "uri": uri}):
            tags = tuple(tag["name"] for tag in pickle["tags"])
            scenarios.append(Scenario(pickle["name"], uri, pickle["location"]["line"], tags))
    mistakes.tell()
    if not scenarios:
        raise ConfigurationError(f"{path} holds no scenario", hint="Write one, or name the folder of the features.")
    return scenarios
