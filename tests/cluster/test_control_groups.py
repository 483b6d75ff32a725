"""The script by which the control group of a container's process is found on its node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kube_acceptance.cluster.runtime import GROUP

POD = "kubepods/burstable/pod1/app"


@pytest.mark.parametrize(
    ("said", "mounted", "controller", "found"),
    [
        (f"6:freezer:/{POD}\n0::/{POD}\n", f"freezer/{POD}", "freezer", f"freezer/{POD}"),
        (f"6:freezer:/docker/node/{POD}\n", f"freezer/{POD}", "freezer", f"freezer/{POD}"),
        (f"6:freezer:/docker/node/{POD}\n", f"freezer/docker/node/{POD}", "freezer", f"freezer/docker/node/{POD}"),
        (f"0::/{POD}\n", POD, "freezer", ""),
        (f"0::/{POD}\n", POD, "", f"/{POD}"),
        (f"0::/docker/node/{POD}\n", POD, "", f"/{POD}"),
        (f"0::/docker/node/{POD}\n", "elsewhere", "", ""),
    ],
)
def test_where_the_control_group_is(tmp_path: Path, said: str, mounted: str, controller: str, found: str) -> None:
    (tmp_path / "proc" / "7").mkdir(parents=True)
    (tmp_path / "proc" / "7" / "cgroup").write_text(said)
    (tmp_path / "mounted" / mounted).mkdir(parents=True)
    script = GROUP.replace("/proc/", f"{tmp_path}/proc/").replace("/sys/fs/cgroup", f"{tmp_path}/mounted")
    done = subprocess.run(
        ["sh", "-s", controller], input=f'pid=7\n{script}\ngroup "$1"', capture_output=True, text=True, check=False
    )
    assert done.stdout == (f"{tmp_path}/mounted/{found}\n" if found else "")
    assert (done.returncode == 0) is bool(found), done.stderr
