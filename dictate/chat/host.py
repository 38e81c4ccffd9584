"""Asks the chat server for the daemon, in a process of its own: the daemon itself uses no network.

    python -m dictate.chat.host

Each line of standard input is a question as a JSON object: the settings, and either the prompt, or
nothing to ask which models there are. The answer is a line with a JSON object: {"text": TEXT},
{"models": [NAMES]} or {"failed": WHY}. The process ends with its standard input.
"""

import errno
import json
import sys
from typing import Any, Final

from dictate.chat.server import ChatServer, Question
from dictate.config.schema import PolishSettings
from dictate.errors import DictateError
from dictate.hotwords.fetch_source import NO_NETWORK
from dictate.platform.lifeline import die_with_parent

MODELS_S: Final = 2.0
"""Seconds in which a server must say which models it has."""


def main() -> None:
    """Answer until there are no more questions."""
    die_with_parent()
    in_use: tuple[PolishSettings, ChatServer] | None = None
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        settings = PolishSettings(**asked["settings"])
        try:
            if in_use is None or in_use[0] != settings:
                if in_use is not None:
                    in_use[1].close()
                    in_use = None
                in_use = settings, ChatServer(settings)
            answer = _answer(in_use[1], asked.get("question"))
        except DictateError as error:
            answer = {"failed": NO_NETWORK if _has_no_network(error) else str(error)}
        # A half of a surrogate pair from the model is no text.
        raw = json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")
        sys.stdout.buffer.write(raw + b"\n")
        sys.stdout.buffer.flush()


def _answer(server: ChatServer, question: dict[str, Any] | None) -> dict[str, Any]:
    if question is None:
        return {"models": server.models(MODELS_S)}
    return {"text": server.ask(Question(**question))}


def _has_no_network(error: BaseException) -> bool:
    last: BaseException | None = error
    while last is not None:
        if isinstance(last, OSError) and last.errno == errno.EAFNOSUPPORT:
            return True
        last = last.__cause__ or last.__context__
    return False


if __name__ == "__main__":
    main()
