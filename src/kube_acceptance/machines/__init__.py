"""A suite that many machines run, each a shard of it."""
