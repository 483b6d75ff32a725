"""The decorators by which phrases are defined."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import pytest_bdd

from kube_acceptance.vocabulary import timed as timing_
from kube_acceptance.vocabulary import variables
from kube_acceptance.vocabulary.pattern import TIMING, Pattern

Function = TypeVar("Function", bound=Callable[..., Any])
REQUEST = "request"
# what pytest-bdd hands in beside the fields
BLOCKS = ("datatable", "docstring")


def given(text: str, *, target_fixture: str | None = None, example: str = "") -> Callable[[Function], Function]:
    """Define a Given phrase.

    Args:
        text: Its pattern; see `Pattern`.
        target_fixture: The fixture that its result becomes.
        example: A sentence; derived from the pattern if empty.
    """
    return _definition(pytest_bdd.given, Pattern(text, example=example), target_fixture)


def when(text: str, *, target_fixture: str | None = None, example: str = "") -> Callable[[Function], Function]:
    """Define a When phrase; see `given`."""
    return _definition(pytest_bdd.when, Pattern(text, example=example), target_fixture)


def assertion(
    text: str, *, target_fixture: str | None = None, example: str = "", timed: bool = True, trouble: bool = False
) -> Callable[[Function], Function]:
    """Define a Then phrase, which may end in `within 2 minutes` or `for 10 seconds`.

    The function looks once, and raises AcceptanceError when it does not find what the phrase says.

    Args:
        text: Its pattern without the time; see `Pattern`.
        target_fixture: The fixture that its result becomes.
        example: A sentence; derived from the pattern if empty.
        timed: Whether it may have a time: not when it speaks of something that is over, such as an answer.
        trouble: Whether it describes trouble, so that a wait for it does not end when the release is in trouble.
    """
    return _definition(pytest_bdd.then, Pattern(text, timed=timed, example=example), target_fixture, trouble)


def _definition(
    register: Any, pattern: Pattern, target_fixture: str | None, trouble: bool = False
) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        # an async function is handed on as it is: it is refused at collection
        step = function if inspect.iscoroutinefunction(function) else _step(function, pattern, trouble)
        # the level of whoever decorates: there pytest looks for the phrase
        register(pattern, target_fixture=target_fixture, stacklevel=2)(step)
        return function

    return decorate


def _step(function: Callable[..., Any], pattern: Pattern, trouble: bool) -> Callable[..., Any]:
    """What pytest-bdd calls: fills in the variables, and looks as the time phrase says."""
    signature = inspect.signature(function)
    wanted = dict(signature.parameters)
    for name in (REQUEST, TIMING) if pattern.timed else (REQUEST,):
        wanted.setdefault(name, inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD))

    @functools.wraps(function)
    def step(**arguments: Any) -> Any:
        request = arguments[REQUEST]
        names = variables.known(request)
        filled = {
            name: variables.fill(value, names) if name in (*pattern.fields, *BLOCKS) else value
            for name, value in arguments.items()
            if name in signature.parameters
        }
        look = functools.partial(function, **filled)
        if not pattern.timed:
            return look()
        focus = request.getfixturevalue("session").focus
        return timing_.hold(arguments[TIMING], look, release=focus, trouble=trouble)

    # pytest-bdd reads from it which fixtures to hand in; those with a default must not come before those without
    ordered = sorted(wanted.values(), key=lambda parameter: parameter.default is not inspect.Parameter.empty)
    step.__signature__ = signature.replace(parameters=ordered)  # type: ignore[attr-defined]
    return step
