#!/usr/bin/env bash
# Trains all examples again, in a virtual environment of its own. Same versions, same machine type: same bytes.
set -euo pipefail
cd "$(dirname "$0")"
venv="${VENV:-${TMPDIR:-/tmp}/slipway-examples-venv}"
if [ ! -x "$venv/bin/python" ]; then
  echo "Creating $venv (scikit-learn, skl2onnx, onnxruntime and the packages that carry the data)"
  python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet -r requirements.txt
if [ ! -f "$venv/Bikeshare.csv" ]; then
  "$venv/bin/pip" download --quiet --no-deps --dest "$venv/islp" ISLP==0.6.0
  "$venv/bin/python" -m zipfile -e "$venv"/islp/islp-*.whl "$venv/islp"
  cp "$venv/islp/ISLP/data/Bikeshare.csv" "$venv/Bikeshare.csv"
fi
for example in churn churn_matrix flights digits; do
  echo "Training $example"
  "$venv/bin/python" "$example/train.py"
done
echo "Training bikes"
"$venv/bin/python" bikes/train.py "$venv/Bikeshare.csv"
echo "Making hostile files"
"$venv/bin/python" hostile/make.py
"$venv/bin/python" check.py
