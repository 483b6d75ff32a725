"""How scenarios are run: in which order, how often, and what their failures count for."""
