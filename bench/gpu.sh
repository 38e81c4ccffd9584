# What nemotron_gpu.sh and qwen3_gpu.sh share: they name the subject, and the packages that are not
# PyTorch, and go on here with what they were told.
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH=${here%/*}
export PYTHONPATH
python=${PYTHON:-python3}
packages() { "$1" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }
if [ "${1:-}" = --wheels ]; then
    wheels=$2
    shift 2
    "$python" -m venv --system-site-packages "$wheels-venv"
    # A Python that is a virtual environment itself would not be seen.
    packages "$python" >"$(packages "$wheels-venv/bin/python")/own.pth"
    python=$wheels-venv/bin/python
    # shellcheck disable=SC2086 # one word each
    "$python" -m pip -q --disable-pip-version-check install --no-index --find-links "$wheels" \
        $needed
fi
exec "$python" -m bench.gpu "$subject" "$@"
