{
  espeak-ng,
  fetchPypi,
  lib,
  libseccomp,
  python3,
}:
let
  version = builtins.head (
    builtins.match ".*__version__ = \"([^\"]*)\".*" (builtins.readFile ../dictate/__init__.py)
  );

  pyseccomp = python3.pkgs.buildPythonPackage rec {
    pname = "pyseccomp";
    version = "0.1.2";
    format = "wheel";
    src = fetchPypi {
      inherit pname version format;
      dist = "py3";
      python = "py3";
      sha256 = "19177748e1202603ca4b2c41d728916402c018c4fee49dca1e3568ea218b7c23";
    };
  };

  dictate = python3.pkgs.buildPythonPackage {
    pname = "dictate-daemon";
    inherit version;
    pyproject = true;
    src = ../.;
    build-system = [ python3.pkgs.hatchling ];
    # webrtcvad has the module of webrtcvad-wheels; without damga, numbers stay as the engine says them.
    pythonRemoveDeps = [
      "damga"
      "webrtcvad-wheels"
    ];
    pythonRelaxDeps = true;
    dependencies =
      (with python3.pkgs; [
        asyncinotify
        audioop-lts
        dbus-fast
        huggingface-hub
        jeepney
        numpy
        onnxruntime
        platformdirs
        pocketsphinx
        rapidfuzz
        rich
        sdnotify
        sentencepiece
        shtab
        sounddevice
        soundfile
        soxr
        srt
        tomli
        tomlkit
        webrtcvad
        webvtt-py
        wyoming
        xlib
      ])
      ++ [ pyseccomp ];
    makeWrapperArgs = [
      "--prefix PATH : ${lib.makeBinPath [ espeak-ng ]}"
      "--prefix LD_LIBRARY_PATH : ${lib.makeLibraryPath [ libseccomp ]}"
    ];
    pythonImportsCheck = [ "dictate.cli" ];
    meta = {
      description = "Dictation: hold a key, talk, and your words appear";
      license = lib.licenses.mit;
      mainProgram = "dictate";
      platforms = lib.platforms.linux;
    };
  };
in
# An environment, since the daemon starts its parts with the same Python.
python3.withPackages (_: [ dictate ])
