"""The Todo deployment's own phrases, beside the general ones of the harness."""
