"""Speech made here: recorded by a person where the words are those of a recording, by a voice model that the city has brought, else by
espeak-ng from pinyin.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from datasources.channels.wording import in_words, pinyin

SPEED = 150
"""Words a minute: slower than espeak's own, it is heard outdoors."""
VOICE = "cmn-latn-pinyin"
"""The voice that takes pinyin. `cmn` takes signs, and spells the pinyin of most of them in English letters."""
PATIENCE_S = 30
Speak = Callable[[str], bytes]


class NoSpeech(Exception):
    """No program could speak; the message says why."""


def espeak(text: str) -> bytes:
    """A WAV file of this text in Mandarin. Raises `NoSpeech`."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise NoSpeech("espeak-ng is not installed")
    command = [program, "-v", VOICE, "-s", str(SPEED), "--stdin", "--stdout"]
    done = subprocess.run(command, input=pinyin(text).encode(), capture_output=True, timeout=PATIENCE_S, check=False)
    if done.returncode != 0 or not done.stdout.startswith(b"RIFF"):
        raise NoSpeech(f"espeak-ng: {done.stderr.decode('utf-8', 'replace').strip()[-160:] or done.returncode}")
    return done.stdout


def model_voice(folder: Path) -> Speak:
    """A voice of sherpa-onnx (VITS): `model.onnx`, `tokens.txt`, `lexicon.txt` in a folder. Raises `NoSpeech` when it cannot be opened."""
    missing = [name for name in ("model.onnx", "tokens.txt", "lexicon.txt") if not (folder / name).is_file()]
    if missing:
        raise NoSpeech(f"{folder}: {', '.join(missing)} is missing")
    try:
        import sherpa_onnx  # a city that brings a model brings this too
    except ImportError as error:
        raise NoSpeech(f"sherpa-onnx is not installed: {error}") from None
    rules = ",".join(str(path) for path in sorted(folder.glob("*.fst")))
    vits = sherpa_onnx.OfflineTtsVitsModelConfig(
        model=str(folder / "model.onnx"), lexicon=str(folder / "lexicon.txt"), tokens=str(folder / "tokens.txt")
    )
    config = sherpa_onnx.OfflineTtsConfig(model=sherpa_onnx.OfflineTtsModelConfig(vits=vits, num_threads=1), rule_fsts=rules)
    voice: Any = sherpa_onnx.OfflineTts(config)

    def speak(text: str) -> bytes:
        made = voice.generate(in_words(text), sid=0, speed=0.9)
        return wav(np.asarray(made.samples, np.float32), int(made.sample_rate))

    return speak


def wav(samples: np.ndarray[Any, np.dtype[np.float32]], rate: int) -> bytes:
    """Samples from -1 to 1 as a WAV file of 16 bits."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return out.getvalue()


class Voice:
    """How a text is spoken in this installation."""

    def __init__(self, recordings: Path | None = None, model: Path | None = None) -> None:
        """`recordings`: a folder in which beside each `NAME.wav` a `NAME.txt` has the words that it says. Raises `NoSpeech`."""
        self._recorded: dict[str, Path] = {}
        for words in sorted(recordings.glob("*.txt")) if recordings is not None else ():
            if words.with_suffix(".wav").is_file():
                self._recorded[_plain(words.read_text("utf-8-sig"))] = words.with_suffix(".wav")
        self._speak = model_voice(model) if model is not None else espeak

    def speech(self, title: str, text: str) -> bytes:
        """A WAV file. Raises `NoSpeech`."""
        for words in (f"{title}。{text}", text):
            if (recorded := self._recorded.get(_plain(words))) is not None:
                return recorded.read_bytes()
        return self._speak(f"{title}。{text}")


def _plain(words: str) -> str:
    return "".join(sign for sign in words if sign.isalnum())
