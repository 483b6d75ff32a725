"""CycloneDX's own schema."""

from __future__ import annotations

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from kube_acceptance.errors import AcceptanceError


def keep_schema(document: str, *, of: str) -> None:
    """Hold a document against the schema of CycloneDX 1.6.

    Args:
        document: The document, JSON.
        of: Whose bill of materials it is, for the message.

    Raises:
        AcceptanceError: It does not keep the schema.
    """
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(document):
        first, *rest = str(wrong.data.message if hasattr(wrong.data, "message") else wrong.data).splitlines()
        raise AcceptanceError(f"The bill of materials of {of} is not CycloneDX 1.6: {first}", details=rest)
