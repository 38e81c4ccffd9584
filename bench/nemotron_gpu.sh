#!/bin/sh
set -eu
if [ "${1:-}" = --help ]; then
    cat <<'HELP'
bench/nemotron_gpu.sh [--wheels DIR] [--out DIR] [--device cuda|cpu] [--models small full]
                      [--engine JSON ...] [--runs N] [--seconds N ...] [--hotwords N ...]

Measures the main engine and NeMo's own ways on a graphics card, from a machine that has a checkout
of this repository, Python 3.11 or newer, and PyTorch for CUDA in it. PYTHON=... says which Python.
Writes results.md and results.json into the folder (nemotron-results), anew after each model and
each configuration. All of it may take an hour: --models full, --engine '{"precision": "bf16"}' and
--runs 5 make less of it.

--wheels DIR   what else is needed comes from this folder, without a network, into a virtual
               environment beside it (DIR-venv) that sees the Python's own packages. To make the
               folder, on a machine with a network, the same Python and the same processor:
                   pip wheel -w DIR 'nemo_toolkit[asr]==3.0.0' platformdirs rapidfuzz soundfile soxr
                   rm DIR/torch-* DIR/triton-* DIR/nvidia_*     # the machine has its own
--device cpu   goes through all of it without a card, to see that it works:
                   bench/nemotron_gpu.sh --device cpu --models small --runs 2 --seconds 1 2 \
                       --hotwords 0 100
HELP
    exit
fi
subject=nemotron
needed='nemo_toolkit[asr]==3.0.0 platformdirs rapidfuzz soundfile soxr'
. "$(dirname "$0")/gpu.sh"
