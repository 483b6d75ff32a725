"""Hosts in texts and environments, and which of them are outside."""

from __future__ import annotations

import pytest

from kube_acceptance.security.hosts import foreign, named, told


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("see https://Example.org/a.html.", {"example.org"}),
        ("postgresql://shop:secret@database:5432/shop", {"database"}),
        ("http://[::1]:80/ and 192.0.2.7, not 1.2.3 nor 1.2.3.4.5 nor 999.1.1.1", {"[::1]", "192.0.2.7"}),
        ("python3.13, app.kubernetes.io/name: shop", set()),
        ("http://todo.shop.svc.cluster.local.", {"todo.shop.svc.cluster.local"}),
    ],
)
def test_hosts_of_urls_and_addresses(text: str, hosts: set[str]) -> None:
    assert named(text) == hosts


def test_variables_that_tell_where_others_are() -> None:
    found = told(
        {"DATABASE_HOST": "database", "API": "http://api:80", "PATH": "/bin", "HTTP_PROXY": "proxy.example:3128"}
    )
    assert found == {"DATABASE_HOST": {"database"}, "API": {"api"}, "HTTP_PROXY": {"proxy.example"}}


def test_what_is_neither_inside_nor_the_machine_itself_is_foreign() -> None:
    hosts = ["database", "localhost", "127.0.1.1", "0.0.0.0", "example.org", "192.0.2.7"]
    assert list(foreign(hosts, inside={"database"})) == ["192.0.2.7", "example.org"]
