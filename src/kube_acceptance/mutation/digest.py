"""What a verdict depends on, as a digest: as long as that is the same, the verdict is.

A verdict of static scenarios depends on the mutant, on these scenarios, and on chart, steps and harness. Any other
depends on what images are built from besides, and on what the cluster is made of.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from kube_acceptance.config import FILE, Config
from kube_acceptance.fingerprint import contents, fingerprint
from kube_acceptance.images.source import source_tag
from kube_acceptance.mutation.derived import Derived
from kube_acceptance.running.prospect import Prospect
from kube_acceptance.session import project_sources

LENGTH = 16  # hexadecimal digits
_LEFT_OUT = frozenset({"__pycache__", "node_modules"})


class Sources:
    """What a project is made of, read once.

    Args:
        config: The project's configuration.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._features: dict[str, str] = {}

    @cached_property
    def static(self) -> str:
        """The digest of chart, steps, harness and settings."""
        config = self._config
        harness = Path(__file__).parents[1]
        own = [config.path(each) for each in ("steps", "conftest.py")]
        # what variables say stands in no file
        otherwise = any(not key.startswith("mutation.") for key in config.said)
        said = [config.model_dump_json(exclude={"mutation"})] if otherwise else []
        files = _texts([config.path(config.chart), *own, harness], config.root)
        return _digest([_settings(config.path(FILE)), *said, *files])

    @cached_property
    def everything(self) -> str:
        """The same, and of what images and cluster are made of.

        Raises:
            ImageError: What an image is built from cannot be read.
        """
        config = self._config
        cluster = [config.path(each) for each in (config.cluster.config, *config.cluster.addons) if each]
        images = map(source_tag, project_sources(config).values())
        return _digest([self.static, *images, *_texts(cluster, config.root)])

    def of(self, mutant: Derived, scenarios: Sequence[Prospect], *, static: bool) -> str:
        """The digest of what a verdict on a mutant depends on.

        Args:
            mutant: The mutant.
            scenarios: Who may notice.
            static: Whether they are static ones alone.
        """
        features = sorted({each.id.partition("::")[0] for each in scenarios})
        return _digest(
            [
                mutant.model_dump_json(exclude={"file", "takes_away", "unnoticed"}),
                json.dumps(sorted(each.id for each in scenarios)),
                *map(self._feature, features),
                self.static if static else self.everything,
            ]
        )

    def _feature(self, uri: str) -> str:
        """The digest of a feature file, as it was when it was first asked for: a round may take hours."""
        if uri not in self._features:
            self._features[uri] = _digest(_texts([self._config.path(uri)], self._config.root))
        return self._features[uri]


def _settings(file: Path) -> str:
    """A project's settings without those of mutation: what is equivalent and how much is enough changes no verdict."""
    settings = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    settings.get("tool", {}).get("kube-acceptance", {}).pop("mutation", None)
    return json.dumps(settings, default=str)


def _texts(places: Iterable[Path], root: Path) -> Iterator[str]:
    """Paths and contents of files and of all files in folders; what is not the project's has paths of its own."""
    for place in places:
        yield from contents(place, root if place.is_relative_to(root) else place.parent, without=_LEFT_OUT)


def _digest(parts: Iterable[str]) -> str:
    return fingerprint(parts)[:LENGTH]
