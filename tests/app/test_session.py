"""The session against transcripts that a user could read, and against everything at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.app.session import RECORDING, TABLE, Command, Do, Input, Session, State

SESSIONS = Path(__file__).parents[1] / "sessions"


def say(session: Session, words: list[str]) -> list[Command]:
    """One line of a transcript, done to the session."""
    match words:
        case ["press" | "start" as name, *profile]:
            return begun(session, session.start(held=name == "press", profile=" ".join(profile)))
        case ["toggle", profile]:
            return begun(session, session.toggle(profile=profile))
        case ["endpoint"]:
            return begun(session, session.endpoint())
        case ["toggle" | "stop" | "latch" | "discard" | "cancel" | "endpoint" as name]:
            done: list[Command] = getattr(session, name)()
            return done
        case ["sound", "over"]:
            return session.sound_over()
        case [number, *what]:
            return session.handle(int(number), Input["_".join(what).upper()])
    raise AssertionError(f"no such line: {words}")


def begun(session: Session, commands: list[Command]) -> list[Command]:
    """Each profile has an engine of its own here."""
    for command in commands:
        if command.do is Do.RECORD:
            session.heard_by(command.dictation, command.profile or None)
    return commands


@pytest.mark.parametrize("path", sorted(SESSIONS.glob("*.session")), ids=lambda p: p.stem)
def test_transcript(path: Path) -> None:
    session = Session()
    got: list[str] = []
    for line in path.read_text().splitlines():
        if line.startswith("> "):
            got.append(line)
            got += [str(command) for command in say(session, line[2:].split())]
        elif line.startswith("= "):
            got.append(f"= {session.activity.value}")
        elif line.startswith("#") or not line:
            got.append(line)
    assert "\n".join(got) + "\n" == path.read_text()


def test_every_transcript_is_read() -> None:
    assert len(list(SESSIONS.glob("*.session"))) >= 10


def test_every_state_before_writing_answers_to_cancel() -> None:
    for state in State:
        if state not in (State.WRITING, State.OVER):
            assert TABLE[state][Input.CANCEL] == (State.OVER, (Do.ABANDON,))


def test_every_state_can_be_left() -> None:
    for state in State:
        if state is not State.OVER:
            assert {after for after, _ in TABLE[state].values()} - {state}


def test_an_input_without_a_row_changes_nothing() -> None:
    for state in State:
        for what in set(Input) - set(TABLE[state]):
            session = Session()
            session._states[1] = state
            if state not in RECORDING:
                session._ended.append(1)
            assert session.handle(1, what) == []
            if what is not Input.TURN and state is not State.WAITING:
                assert session.state(1) is state


DOINGS = [
    "press",
    "start",
    "toggle",
    "stop",
    "latch",
    "discard",
    "cancel",
    "endpoint",
    "sound over",
    "press second",
    "toggle second",
    "press third",
]


@pytest.mark.fault("B10", "B11")
@given(
    st.lists(
        st.one_of(st.sampled_from(DOINGS), st.tuples(st.integers(1, 6), st.sampled_from(Input)))
    )
)
@pytest.mark.fault("C13", "C14")
def test_whatever_happens_each_text_is_delivered_at_most_once_and_in_order(
    doings: list[str | tuple[int, Input]],
) -> None:
    session = Session()
    delivered: list[int] = []
    ended: list[int] = []
    ways: dict[int, str] = {}
    for doing in doings:
        if isinstance(doing, str):
            commands = say(session, doing.split())
        elif doing[1] is Input.TURN:
            continue  # the session gives the turn, nobody else
        else:
            commands = session.handle(*doing)
        for command in commands:
            match command.do:
                case Do.RECORD:
                    ways[command.dictation] = command.profile
                case Do.FINISH:
                    ended.append(command.dictation)
                case Do.DELIVER:
                    delivered.append(command.dictation)
        writing = [ways[n] for n, state in session._states.items() if state is State.WRITING]
        assert len(writing) == len(set(writing))
        assert sum(state in RECORDING for state in session._states.values()) <= 1
    assert len(delivered) == len(set(delivered))
    # Each way in its order, and also behind what was said to the main engine before.
    for number in delivered:
        behind = ended[: ended.index(number)]
        earlier = {n for n in behind if n in delivered and ways[n] in ("", ways[number])}
        assert earlier <= set(delivered[: delivered.index(number)])


@pytest.mark.fault("B10")
@given(st.lists(st.sampled_from([*DOINGS, "stop"])))
def test_a_stop_always_ends_the_listening(doings: list[str]) -> None:
    session = Session()
    for doing in doings:
        say(session, doing.split())
    session.stop()
    assert not session.listening
    assert session.stop() == []
