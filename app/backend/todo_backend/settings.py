"""What the process is told by its environment."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """The environment is incomplete or wrong; the text is one sentence for the operator."""


class Settings(BaseSettings):
    """Settings of one process. Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    database_host: str
    database_port: int = Field(default=5432, ge=1, le=65535)
    database_name: str
    database_user: str
    database_password_file: Path | None = None
    database_password: SecretStr | None = None
    port: int = Field(default=8000, ge=0, le=65535)
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)] = "info"
    drain_seconds: float = Field(default=0, ge=0)
    pod_name: str = Field(default_factory=socket.gethostname)

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if (self.database_password_file is None) == (self.database_password is None):
            raise ValueError("set either DATABASE_PASSWORD_FILE or DATABASE_PASSWORD")
        return self

    def read_password(self) -> str:
        """Read the database password, from its file each time so that a rotated one is used at once.

        Raises:
            OSError: the file cannot be read.
        """
        if self.database_password is not None:
            return self.database_password.get_secret_value()
        assert self.database_password_file is not None
        return self.database_password_file.read_text(encoding="utf-8").rstrip("\r\n")


def from_environment() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: a variable is missing or wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            ": ".join([*(str(part).upper() for part in item["loc"]), item["msg"].removeprefix("Value error, ")])
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise SettingsError(f"The environment is not usable: {'; '.join(problems)}.") from None
