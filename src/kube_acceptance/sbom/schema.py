"""CycloneDX's own schema."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from rfc3986_validator import validate_rfc3986

from kube_acceptance.errors import AcceptanceError

if TYPE_CHECKING:
    from cyclonedx.validation.json import JsonStrictValidator


def keep_schema(document: str, *, of: str) -> None:
    """Hold a document against the schema of CycloneDX 1.6.

    Args:
        document: The document, JSON.
        of: Whose bill of materials it is, for the message.

    Raises:
        AcceptanceError: It does not keep the schema.
    """
    if wrong := _validator().validate_str(document):
        first, *rest = str(getattr(wrong.data, "message", wrong.data)).splitlines()
        raise AcceptanceError(f"The bill of materials of {of} is not CycloneDX 1.6: {first}", details=rest)


@cache
def _validator() -> JsonStrictValidator:
    # it takes half a second to import, and most runs write no bill
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from jsonschema import Draft7Validator

    # jsonschema's own way takes a second of every process that imports jsonschema, as the API client does
    Draft7Validator.FORMAT_CHECKER.checks("iri-reference")(_is_iri_reference)
    return JsonStrictValidator(SchemaVersion.V1_6)


def _is_iri_reference(text: object) -> bool:
    """Whether an address is one, by way of the URI that it maps to (RFC 3987, section 3.1)."""
    if not isinstance(text, str):
        return True  # it is the schema's to say what must be a text
    mapped = "".join(each if each.isascii() else quote(each) for each in text)
    return bool(validate_rfc3986(mapped, rule="URI_reference"))
