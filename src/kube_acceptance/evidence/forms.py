"""The forms in which a secret may stand in a text."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

URL_SAFE = str.maketrans("+/", "-_")
PLACES = ("at its beginning", "one byte in", "two bytes in")


def forms(raw: bytes) -> dict[str, list[str]]:
    """A secret plain and encoded, by what the form is called.

    Args:
        raw: The secret.

    Returns:
        What of it is the same in every text that holds it in that form: base64 begins at any of three places of what
        was encoded, so that a password is found behind `user:` too.
    """
    text = raw.decode("utf-8", errors="ignore")
    encoded = {f"in base64, {place}": _base64(raw, before) for before, place in enumerate(PLACES)}
    return {
        "plain": [text],
        "URL-encoded": [quote(text, safe=""), quote(text), quote_plus(text)],
        "as HTML": [html.escape(text), html.escape(text, quote=False)],
        "as JSON": [json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]],
        **{name: [base64] for name, base64 in encoded.items()},
        **{name.replace("64", "64url"): [base64.translate(URL_SAFE)] for name, base64 in encoded.items()},
        "in hex": [raw.hex(), raw.hex().upper()],
    }


def _base64(raw: bytes, before: int) -> str:
    """The letters that do not depend on `before` bytes before the secret, nor on what follows it."""
    encoded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
    first = -(-before * 8 // 6)  # letters that the bytes before have a share in
    last = (before + len(raw)) * 8 // 6  # the letter after these has a share of what follows
    return encoded[first:last]
