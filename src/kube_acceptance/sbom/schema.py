"""CycloneDX's own schema."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

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
    # what checks the forms of addresses takes a second to import, and most runs write no bill
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6)
