"""How a run goes: in which order, by how many workers, what is shown of it, and what is remembered."""
