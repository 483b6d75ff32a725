"""A suite of pods from its image to its end, with everything outside of this process played."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Of
from typing import Any, ClassVar

import pytest
import yaml
from typer.testing import CliRunner
from urllib3.exceptions import HTTPError

from kube_acceptance import cli
from kube_acceptance.cluster import Inside
from kube_acceptance.config import Config
from kube_acceptance.errors import ClusterError, ConfigurationError
from kube_acceptance.images.build import BuiltImage
from kube_acceptance.machines import image, run
from kube_acceptance.machines.orders import VARIABLE, Orders, orders
from kube_acceptance.machines.run import run as run_there

BUILT = BuiltImage("web", "shop-web:1", "sha256:1", True, 0.1)


class Session:
    """A session that writes down what it is asked for."""

    did: ClassVar[list[str]] = []

    def __init__(self, config: Config, **given: Any) -> None:
        self.config, self.images, self.labels = config, {"web": BUILT}, {"run": "1"}
        uid = Of(metadata=Of(uid="u"))
        self.cluster = Of(
            core=Of(
                read_namespace=lambda _: uid,
                delete_collection_namespaced_pod=lambda *_, **__: self.did.append("delete pods"),
            ),
            batch=Of(delete_namespaced_job=lambda *_, **__: self.did.append("delete Job")),
            provider=Of(load=lambda references: self.did.append(f"load {references}")),
            new_client=lambda: None,
        )
        self.did[:] = [f"context {given['context']}"]

    def must_serve(self) -> None:
        self.did.append("must serve")

    def tool(self, name: str) -> Path:
        return Path("/bin/true")

    def build_one(self, source: Any) -> BuiltImage:
        self.did.append(f"build {source.name}")
        return BuiltImage("runner", f"{source.name}:1", "sha256:2", True, 0.1)

    def new_namespace(self, purpose: str) -> str:
        self.did.append("namespace")
        return f"{purpose}-1"

    def close(self, *, worker: bool) -> None:
        self.did.append("close")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(run, "Session", Session)
    monkeypatch.setattr(run.utils, "create_from_dict", lambda _, each: Session.did.append(f"create {each['kind']}"))
    monkeypatch.setattr(run, "together", lambda settings, folders, reports: [each.name for each in folders])
    monkeypatch.setattr(
        run, "Pods", lambda *_, folder, **__: Of(reports=lambda: ended(folder), last_words=lambda: ["no"])
    )
    (tmp_path / "kube.whl").touch()
    return Config(root=tmp_path, release="shop", cluster={"runner": "python:3.13-alpine"})  # type: ignore[arg-type]


def ended(folder: Path) -> list[Path]:
    (folder / "a").mkdir()
    (folder / "a" / "run.json").touch()
    return [folder / "a"]


def go(project: Config) -> Any:
    wheel = project.root / "kube.whl"
    return run_there(project, context="staging", shards=2, wheel=wheel, reports=project.root / "reports")


def test_from_the_image_to_the_merge(project: Config) -> None:
    assert go(project) == ["a"]
    assert Session.did == [
        "context staging",
        "must serve",
        "namespace",
        "build shop-runner",
        "load ['shop-runner:1']",
        *(f"create {kind}" for kind in ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Job")),
        "delete Job",
        "delete pods",
        "close",
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ClusterError("gone")])
def test_however_it_ends_all_is_removed(project: Config, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> list[Path]:
        raise error

    monkeypatch.setattr(run, "Pods", lambda *_, **__: Of(reports=stop))
    with pytest.raises(type(error) if isinstance(error, Exception) else KeyboardInterrupt):
        go(project)
    assert Session.did[-3:] == ["delete Job", "delete pods", "close"]


@pytest.mark.parametrize(
    ("silent", "kind", "said"),
    [
        (
            "the cluster staging does not answer any more: x",
            ClusterError,
            "the cluster staging does not answer any more: x",
        ),
        ("", HTTPError, "a hiccup"),
    ],
)
def test_a_cluster_that_vanishes_before_its_pods_are_there(
    project: Config, monkeypatch: pytest.MonkeyPatch, silent: str, kind: type[Exception], said: str
) -> None:
    def create(*_: Any) -> None:
        raise HTTPError("a hiccup")

    monkeypatch.setattr(run.utils, "create_from_dict", create)
    monkeypatch.setattr(Session, "silence", lambda self: silent, raising=False)
    with pytest.raises(kind) as error:
        go(project)
    assert str(error.value) == said
    assert Session.did[-1] == "close"


def test_no_report_at_all(project: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "Pods", lambda *_, **__: Of(reports=list, last_words=lambda: ["no such option"]))
    with pytest.raises(ClusterError) as error:
        go(project)
    assert str(error.value) == "no pod of the suite left a report\n  no such option"


# ---- the image


def test_what_goes_into_the_image(project: Config, tmp_path: Path) -> None:
    (project.root / ".gitignore").write_text("reports/\n")
    (project.root / "features").mkdir()
    (project.root / "features" / "a.feature").touch()
    (project.root / "reports").mkdir()
    for name in ("history.jsonl", "junit.xml"):
        (project.root / "reports" / name).touch()
    folder = tmp_path.with_name(f"{tmp_path.name}-context")
    folder.mkdir()
    link = tmp_path.with_name(f"{tmp_path.name}-helm")  # as programs of a bundle are
    link.symlink_to("/bin/true")
    made = image.source(project, folder, wheel=project.root / "kube.whl", tools={"helm": link}, name="shop-runner")
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if not file.is_dir()}
    assert files == {
        "Dockerfile",
        "constraints.txt",
        "needed.txt",
        "kube.whl",
        "tools/helm",
        *(f"project/{each}" for each in (".gitignore", "kube.whl", "features/a.feature", "reports/history.jsonl")),
    }
    assert made.read_dockerfile().bases(made.build_args) == ("python:3.13-alpine",)
    assert f"pytest=={pytest.__version__}\n" in (folder / "constraints.txt").read_text()
    needed = (folder / "needed.txt").read_text()
    assert "kubernetes>=" in needed
    assert "playwright" not in needed
    assert not (folder / "tools" / "helm").is_symlink()
    assert {"ca", "pip"} <= set(made.read_dockerfile().secrets)


def test_no_base_and_no_wheel(project: Config, tmp_path: Path) -> None:
    plain = Config(root=project.root)
    with pytest.raises(ConfigurationError) as error:
        image.source(plain, tmp_path, wheel=tmp_path / "kube.whl", tools={}, name="x")
    assert str(error.value) == (
        "no image is named that the suite's pods start from\n"
        "Say cluster.runner, an Alpine image with Python, such as python:3.13-alpine."
    )
    with pytest.raises(ConfigurationError) as error:
        image.source(project, tmp_path, wheel=tmp_path / "no.whl", tools={}, name="x")
    assert str(error.value) == f"{tmp_path}/no.whl is no wheel of kube-acceptance\nMake one:  uv build --wheel"


# ---- the command


def test_the_command(project: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def run_it(settings: Config, **options: Any) -> Any:
        given.update(options)
        return Of(lines=lambda: ["failed: it did"], well=False)

    monkeypatch.setattr(run, "run", run_it)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.chdir(project.root)
    words = [
        "run",
        "--on",
        "staging",
        "--shards",
        "2",
        "--wheel",
        "kube.whl",
        "--role",
        "admin",
        "--",
        "-m",
        "not serial",
    ]
    done = CliRunner().invoke(cli.app, words)
    assert (done.output, done.exit_code) == ("failed: it did\n", 1)
    assert (given["context"], given["shards"], given["roles"]) == ("staging", 2, ["admin"])
    assert given["options"] == ["-m", "not serial"]


# ---- inside of a pod


def test_the_kubeconfig_of_a_pod_names_the_token_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x")
    inside = Inside(folder=tmp_path / "cache", kubectl=Path("/bin/true"), account=tmp_path)
    found = yaml.safe_load(inside.kubeconfig.read_text())
    assert found["users"][0]["user"] == {"tokenFile": str(tmp_path / "token")}
    assert inside.kubeconfig.stat().st_mode & 0o777 == 0o600
    inside.load(["shop-web:1"])


def test_outside_of_a_pod(tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as error:
        Inside(folder=tmp_path, kubectl=Path("/bin/true"), account=tmp_path).must_serve()
    assert str(error.value) == (
        f"--cluster in-cluster is for a pod, and there is no service account in {tmp_path}\n"
        "Name a context of the kubeconfig."
    )


def test_what_a_pod_is_told() -> None:
    said = Orders(images={"web": {"reference": "shop-web:1"}}, labels={"run": "1"}, commit="abc", pod="")
    told = orders({VARIABLE: said.model_dump_json(exclude={"pod"})})
    assert told
    assert told.all_labels() == {"run": "1", "kube-acceptance/pod": told.pod}
    assert json.loads(said.model_dump_json())["commit"] == "abc"
    assert orders({}) is None
