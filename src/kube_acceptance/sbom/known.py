"""Programs that are copied into images as files, and how their own bytes show what they are."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Files of a program that bear no version: what their names and their bytes look like."""

    name: re.Pattern[str]
    bytes: re.Pattern[bytes]


@dataclass(frozen=True)
class Known:
    """A program, and the evidence for it.

    Attributes:
        name: What its package URL calls it.
        file: The names of files that bear its version.
        version: What they hold; the first group is the version.
        named: What files of that name hold that tell no version.
        parts: More of its files.
        main: The file that shows it best where several bear the version; that of its name by default.
        folder: A folder that is all its own, below the prefix (`/usr/local`) of its first file; `{minor}` is the
            first two numbers of the version. Programs and libraries in it must still be parts.
        licence: Its licence.
        cpe: Vendor and product in the national vulnerability database.
    """

    name: str
    file: re.Pattern[str]
    version: re.Pattern[bytes]
    named: re.Pattern[bytes] | None = None
    parts: tuple[Part, ...] = ()
    main: str = ""
    folder: str = ""
    licence: str = ""
    cpe: str = ""


def _part(name: str, evidence: bytes) -> Part:
    return Part(re.compile(name), re.compile(evidence))


_ANY = re.compile(r".*")
_GCC = re.compile(rb"GCC: \([^)]{0,80}\) (\d+\.\d+\.\d+)")
_GCC_LICENCE = "GPL-3.0-or-later WITH GCC-exception-3.1"

KNOWN = (
    # process.release.headersUrl
    Known(
        "node",
        re.compile(r"node"),
        re.compile(rb"/node-v(\d+\.\d+\.\d+)-headers\.tar\.gz"),
        licence="MIT",
        cpe="nodejs:node.js",
    ),
    # PY_VERSION, beside the format of sys.version
    Known(
        "python",
        re.compile(r"(libpython3\.\d+\.so.*|python3\.\d+)"),
        re.compile(rb"\0(3\.\d{1,2}\.\d{1,2}(?:(?:a|b|rc)\d{1,2})?)\+?\0"),
        parts=(
            _part(r"python3\.\d+", rb"Py_BytesMain"),
            _part(r"libpython3\.so", rb"libpython3\."),
            _part(r".*\.so", rb"PyInit_"),
        ),
        folder="lib/python{minor}",
        licence="PSF-2.0",
        cpe="python:python",
    ),
    # PG_BACKEND_VERSIONSTR; PG_MODULE_MAGIC; and what libpq and ecpg call their own
    Known(
        "postgresql",
        _ANY,
        re.compile(rb"\(PostgreSQL\) (\d+(?:\.\d+|beta\d+|rc\d+))"),
        parts=(
            _part(r".*\.so", rb"Pg_magic_func"),
            _part(r"libpq\.so\..*", rb"PQconnectdb"),
            _part(r"libecpg.*\.so\..*", rb"ECPG"),
            _part(r"libpgtypes\.so\..*", rb"PGTYPES"),
            _part(r"(ecpg|pg_config)", rb"@lists\.postgresql\.org"),
        ),
        main="postgres",
        folder="lib/postgresql",
        licence="PostgreSQL",
        cpe="postgresql:postgresql",
    ),
    Known(
        "bash",
        re.compile(r"(ba)?sh"),
        re.compile(rb"@\(#\)Bash version (\d+\.\d+\.\d+)"),
        licence="GPL-3.0-or-later",
        cpe="gnu:bash",
    ),
    # rl_library_version
    Known(
        "readline",
        re.compile(r"libreadline\.so\..*"),
        re.compile(rb"\0(\d\.\d)\0"),
        licence="GPL-3.0-or-later",
        cpe="gnu:readline",
    ),
    # also where it is linked into another program
    Known(
        "openssl",
        _ANY,
        re.compile(rb"OpenSSL (\d+\.\d+\.\d+[a-z]?) +\d{1,2} [A-Z][a-z]{2} \d{4}"),
        parts=(_part(r"libssl.*\.so\..*", rb"OPENSSL_3"),),
        licence="Apache-2.0",
        cpe="openssl:openssl",
    ),
    Known(
        "krb5",
        re.compile(r"libkrb5-.*\.so\..*|libkrb5\.so\..*"),
        re.compile(rb"KRB5_BRAND: krb5-(\d+\.\d+(?:\.\d+)?)-final"),
        parts=(_part(r"lib(gssapi_krb5|k5crypto|krb5support|com_err).*\.so\..*", rb"\0"),),
        licence="MIT",
        cpe="mit:kerberos_5",
    ),
    # GCC compiles its own libraries with itself
    Known("libstdc++", re.compile(r"libstdc\+\+.*\.so\..*"), _GCC, licence=_GCC_LICENCE, cpe="gnu:gcc"),
    Known("libgcc", re.compile(r"libgcc_s.*\.so\..*"), _GCC, licence=_GCC_LICENCE, cpe="gnu:gcc"),
    # ffi_get_version, from 3.5 on; older ones bear no version
    Known(
        "libffi",
        re.compile(r"libffi.*\.so\..*"),
        re.compile(rb"\0(3\.[5-9]\.\d+)\0"),
        re.compile(rb"LIBFFI_TMPDIR"),
        licence="MIT",
        cpe="libffi_project:libffi",
    ),
)
