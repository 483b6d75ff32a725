"""The application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.orm import sessionmaker

from todo_backend import VERSION, api, db, errors, health, limit, metrics, observe
from todo_backend.parting import Connections, Parting
from todo_backend.settings import Settings
from todo_backend.turns import Turns


def create_app(settings: Settings, parting: Parting | None = None) -> FastAPI:
    """Make the application; it connects to the database only when it is asked something.

    Args:
        settings: what the process was told.
        parting: what tells whether it is about to end, where anything does.
    """
    engine = db.serving_engine(settings)
    numbers = metrics.Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.dispose()

    app = FastAPI(
        title="Todo",
        version=VERSION,
        docs_url=None,  # these pages load scripts from the public internet
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.sessions = sessionmaker(engine, expire_on_commit=False)
    app.add_middleware(limit.LimitBody)
    app.add_middleware(observe.Observe, metrics=numbers)
    readiness = health.Readiness(engine, numbers)
    app.add_middleware(
        Connections, parting=parting or Parting(0), doubtful=lambda: readiness.doubtful, name=settings.pod_name
    )
    app.add_middleware(Turns)
    errors.handle_errors(app)
    app.include_router(api.router)
    app.include_router(health.router(readiness, settings.pod_name))
    app.include_router(metrics.router(numbers))
    return app
