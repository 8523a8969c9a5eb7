#!/usr/bin/env bash
# Keras 3.15.1: keras.optimizers.Muon leaves every kernel of a convolution to Adam; only variables of two axes are orthogonalized.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'keras==3.15.1' 'jax==0.7.2'
cd "$folder"
venv/bin/python - <<'PYTHON'
import os

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

print("keras", keras.__version__)


def first_step(shape):
    """What one step changes, as a matrix of outputs by all else."""
    variable = keras.Variable(np.zeros(shape, np.float32))
    optimizer = keras.optimizers.Muon(0.01, weight_decay=None, adam_weight_decay=None)
    optimizer.build([variable])
    gradient = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    optimizer.apply([keras.ops.convert_to_tensor(gradient)])
    return keras.ops.convert_to_numpy(variable).reshape(-1, shape[-1])


for name, shape in (("dense", (27, 8)), ("convolution", (3, 3, 3, 8))):
    step = first_step(shape)
    values = np.linalg.svd(step, compute_uv=False)
    sizes = np.abs(step)
    print(f"{name} {shape}: singular values {values.min():.4f} to {values.max():.4f}, sizes {sizes.min():.4f} to {sizes.max():.4f}")
    if name == "dense":
        assert values.min() > 0.55 * values.max()  # nearly orthogonal
    else:  # the first step of Adam: every number by the learning rate, whatever its gradient
        assert np.allclose(sizes, 0.01, rtol=2e-3), "kernels are orthogonalized now"
PYTHON
