"""Brings the Todo deployment's own phrases to its features; everything else is the plugin's."""

pytest_plugins = [
    "steps.database",
    "steps.backups",
    "steps.harness",
    "steps.contexts",
    "steps.hasty",
    "steps.machines",
    "steps.migrations",
    "steps.minikube",
    "steps.mutation",
    "steps.newcomer",
    "steps.orphans",
    "steps.pages",
    "steps.pipelines",
    "steps.planted",
    "steps.registry",
    "steps.todos",
    "steps.vanishing",
    "steps.rotation",  # after those that it is made of: pytest rewrites a module only when it loads it first
]
