"""Tests of the backend, over a real PostgreSQL."""
