#!/bin/sh
set -eu
if [ "${1:-}" = --help ]; then
    cat <<'HELP'
bench/qwen3_gpu.sh [--wheels DIR] [--out DIR] [--device cuda|cpu] [--models tiny full 1.7b FOLDER]
                   [--engine JSON ...] [--runs N] [--seconds N ...] [--hotwords N ...]

Measures Qwen3-ASR on a graphics card: release to final by length, with and without what is done
early, and by list of hotwords, cold and warm; in fp32 and bf16, with and without CUDA graphs. It
takes a machine that has a checkout of this repository, Python 3.11 or newer, and PyTorch for CUDA in
it. PYTHON=... says which Python. The models have random weights in the shapes of the 0.6B and the
1.7B, unless FOLDER names a real one. Writes results.md and results.json into the folder
(qwen3-results), anew after each model and each configuration.

--wheels DIR   what else is needed comes from this folder, without a network, into a virtual
               environment beside it (DIR-venv) that sees the Python's own packages. To make the
               folder, on a machine with a network, the same Python and the same processor:
                   pip wheel -w DIR 'transformers>=5.15,<5.25' PACKAGES
               PACKAGES: numpy platformdirs pocketsphinx rapidfuzz soundfile soxr
--device cpu   goes through all of it without a card, to see that it works:
                   bench/qwen3_gpu.sh --device cpu --models tiny --runs 2 --seconds 1 2 \
                       --hotwords 0 20
HELP
    exit
fi
subject=qwen3
needed='transformers>=5.15,<5.25 numpy platformdirs pocketsphinx rapidfuzz soundfile soxr'
. "$(dirname "$0")/gpu.sh"
