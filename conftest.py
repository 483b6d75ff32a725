"""Brings the Todo deployment's own phrases to its features; everything else is the plugin's."""

pytest_plugins = [
    "steps.database",
    "steps.harness",
    "steps.orphans",
    "steps.pages",
    "steps.planted",
    "steps.rotation",
    "steps.todos",
]
