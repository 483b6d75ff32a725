"""How a run goes: in which order, by how many workers, how often, what is shown of it and what is remembered."""
