"""How many threads send at the same time, and how much each takes."""

from __future__ import annotations

import threading

import pytest

from tests.support.wait import wait_until
from workers.gate import Gate


def answered(gate: Gate, took_ms: float, calls: int = 32) -> Gate:
    for _ in range(calls):
        gate.note(took_ms)
    return gate


def sender(gate: Gate, inside: list[int], end: threading.Event) -> threading.Thread:
    """A thread that stays inside until the end."""

    def run() -> None:
        with gate:
            inside.append(1)
            end.wait()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_nobody_takes_more_than_one_order_before_the_provider_has_answered():
    assert Gate().orders == 1


def test_a_prompt_provider_gets_few_threads_with_many_orders_and_a_slow_one_many_with_few():
    """More threads than can wait for answers only wait for each other."""
    gates = [answered(Gate(64), ms) for ms in (0.5, 10, 30, 200)]
    assert [gate.width for gate in gates] == [4, 11, 25, 144]
    assert [gate.orders for gate in gates] == [8, 5, 2, 1]


@pytest.mark.parametrize("threads", [1, 4, 16, 64, 256])
def test_no_more_orders_are_in_flight_than_the_process_has_threads(threads: int):
    """What a machine that is lost for good had claimed stays unknown."""
    for took_ms in (0.1, 1, 5, 20, 80, 500):
        gate = answered(Gate(threads), took_ms)
        assert min(threads, gate.width) * gate.orders <= threads


def test_a_provider_that_is_far_away_gets_one_order_from_each_of_however_many_threads():
    assert answered(Gate(1024), 120).orders == 1


def test_calls_that_waited_for_a_core_do_not_make_the_provider_look_slow():
    """The quickest of the newest counts."""
    gate = answered(Gate(16), 2)
    gate.note(900)
    assert gate.width == 5
    assert answered(gate, 900).width > 600


def test_those_who_wait_get_in_when_the_provider_becomes_slow():
    inside: list[int] = []
    gate, end = Gate(), threading.Event()
    threads = [sender(gate, inside, end) for _ in range(9)]
    wait_until(lambda: len(inside) == 4)
    gate.note(4)
    wait_until(lambda: len(inside) == 6)
    end.set()
    for thread in threads:
        thread.join(10)
    assert len(inside) == 9


def test_an_error_inside_leaves_no_room_taken():
    gate = Gate()
    for _ in range(20):
        with pytest.raises(ZeroDivisionError), gate:
            1 / 0  # noqa: B018 - for what it raises
    inside: list[int] = []
    end = threading.Event()
    threads = [sender(gate, inside, end) for _ in range(4)]
    wait_until(lambda: len(inside) == 4)
    end.set()
    for thread in threads:
        thread.join(10)
