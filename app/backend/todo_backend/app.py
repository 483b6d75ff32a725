"""The application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.orm import sessionmaker

from todo_backend import VERSION, api, db, errors, health, limit, metrics, observe
from todo_backend.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """Make the application; it connects to the database only when it is asked something."""
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
    errors.handle_errors(app)
    app.include_router(api.router)
    app.include_router(health.router(health.Readiness(engine, numbers), settings.pod_name))
    app.include_router(metrics.router(numbers))
    return app
