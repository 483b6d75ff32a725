"""What is held back is all that an observer is told."""

from __future__ import annotations

from kube_acceptance.report import observer
from kube_acceptance.report.held import Held, held


def test_it_takes_what_an_observer_is_told() -> None:
    with held():
        observer.note("seen")
        observer.waited("a pod", 1.0, 2.0)
        observer.touched("pods")
        assert isinstance(observer._observers[-1], Held)


def test_the_last_look_alone_is_handed_on() -> None:
    told: list[str] = []
    outer = Held()
    outer.touched = told.append  # type: ignore[method-assign]
    observer._observers.append(outer)  # type: ignore[arg-type]
    try:
        with held() as holder:
            observer.touched("pods")
            holder.forget()
            observer.touched("services")
    finally:
        observer._observers.remove(outer)  # type: ignore[arg-type]
    assert told == ["services"]
