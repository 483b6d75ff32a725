"""HTTP API of the Todo application."""

from __future__ import annotations

SERVICE = "todo-backend"
VERSION = "0.2.0"
