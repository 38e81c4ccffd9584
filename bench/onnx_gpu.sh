#!/bin/sh
set -eu
if [ "${1:-}" = --help ]; then
    cat <<'HELP'
bench/onnx_gpu.sh [options of python -m bench.onnx]

Measures the engine onnx beside NeMo on a graphics card, both in full precision, on a model of the
full size with random weights: is onnxruntime a lighter way there, too? It wants a checkout of this
repository and a Python 3.11 or newer (PYTHON=... says which) that has PyTorch for CUDA and
    nemo_toolkit[asr]==3.0.0 onnxruntime-gpu platformdirs rapidfuzz sentencepiece soundfile soxr
HELP
    exit
fi
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH=${here%/*}
export PYTHONPATH
exec "${PYTHON:-python3}" -m bench.onnx --device cuda --model full "$@"
