"""What a process remembers of the Actions that it ran."""

from __future__ import annotations

import threading

from phonefleet.actions.verify.process_memory import Memory, forget, note_lost_run, remembered, whole


def test_an_equal_question_is_answered_from_memory() -> None:
    asked = []

    @remembered(10)
    def doubled(number: int, *, plus: int = 0) -> int:
        asked.append(number)
        return 2 * number + plus

    assert [doubled(1), doubled(1), doubled(1, plus=1), doubled(2)] == [2, 2, 3, 4]
    assert asked == [1, 1, 2]
    forget()
    doubled(1)
    assert asked == [1, 1, 2, 1]


def test_what_was_not_asked_for_the_longest_is_forgotten() -> None:
    memory: Memory[int] = Memory(2)
    memory.keep("a", 1)
    memory.keep("b", 2)
    assert memory.find("a") == 1
    memory.keep("c", 3)
    assert [memory.find(key) for key in "abc"] == [1, None, 3]


def test_a_result_of_a_lost_run_is_not_remembered() -> None:
    """Neither by the function that lost it, nor by those that asked it."""
    runs = []

    @remembered(10)
    def inner(code: str) -> str:
        runs.append(code)
        if len(runs) == 1:
            note_lost_run()
        return f"{code} {len(runs)}"

    @remembered(10)
    def outer(code: str) -> str:
        return inner(code)

    assert [outer("x"), outer("x"), outer("x")] == ["x 1", "x 2", "x 2"]


def test_a_run_that_another_thread_lost_does_not_count() -> None:
    def compute() -> int:
        other = threading.Thread(target=note_lost_run)
        other.start()
        other.join()
        return 1

    assert whole(compute) == (1, True)
