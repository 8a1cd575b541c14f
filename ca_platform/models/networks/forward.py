"""Trained networks evaluated with NumPy: a forecast needs neither torch nor the seconds that it takes to load."""

from __future__ import annotations

import numpy as np

from ca_platform.models.networks.heads import MOST
from ca_platform.models.networks.records import Inputs, Singles, Weights
from ca_platform.models.networks.sequences import PRESENCE

DILATIONS = (1, 2, 4, 8)
KERNEL = 3

# Customers at a time, so that a million of them need little memory.
_ROWS = 8192


def evaluated(name: str, weights: Weights, inputs: Inputs) -> Singles:
    """Outputs of a network, a row per customer.

    Args:
        name: ``lstm`` or ``conv``.
        weights: by the names that torch gives them.
    """
    read = {"lstm": _recurrent, "conv": _convolved}[name]
    found = np.zeros((len(inputs), weights["last.bias"].size), np.float32)
    # Those who came about the same time together: before, there is nothing to read of them.
    order = np.argsort(inputs.steps[:, :, PRESENCE].argmax(axis=1), kind="stable")
    for rows in (order[begin : begin + _ROWS] for begin in range(0, len(inputs), _ROWS)):
        found[rows] = _mixed(weights, read(weights, inputs.steps[rows]), inputs.columns[rows])
    return found


def _recurrent(weights: Weights, steps: Singles) -> Singles:
    """The last state of a long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000)."""
    enter, again = weights["reader.weight_ih_l0"].T, weights["reader.weight_hh_l0"].T
    bias = weights["reader.bias_ih_l0"] + weights["reader.bias_hh_l0"]
    width = again.shape[0]
    # Until the first of them comes, all are in one state.
    begin = int(steps[:, :, PRESENCE].any(axis=0).argmax())
    state = np.zeros((1, width), np.float32)
    memory = np.zeros_like(state)
    for step in range(steps.shape[1]):
        gates = (steps[:, step] if step >= begin else steps[:1, step]) @ enter + state @ again + bias
        let_in, keep, new, let_out = (gates[:, part * width : (part + 1) * width] for part in range(4))
        memory = _sigmoid(keep) * memory + _sigmoid(let_in) * np.tanh(new)
        state = _sigmoid(let_out) * np.tanh(memory)
    return state


def _convolved(weights: Weights, steps: Singles) -> Singles:
    """The last step and the mean of a stack of causal convolutions (van den Oord et al. 2016, section 2.1)."""
    found = steps @ weights["enter.weight"].T + weights["enter.bias"]
    length = steps.shape[1]
    for layer, dilation in enumerate(DILATIONS):
        kernel = weights[f"layers.{layer}.weight"]
        padded = np.pad(found, ((0, 0), ((KERNEL - 1) * dilation, 0), (0, 0)))
        taps = [padded[:, tap * dilation : tap * dilation + length] @ kernel[:, :, tap].T for tap in range(KERNEL)]
        found = found + np.maximum(sum(taps) + weights[f"layers.{layer}.bias"], 0)
    return np.concatenate([found[:, -1], found.mean(axis=1)], axis=1)


def _mixed(weights: Weights, read: Singles, columns: Singles) -> Singles:
    """What was read together with the columns, through one hidden layer."""
    hidden = np.concatenate([read, columns], axis=1) @ weights["mix.weight"].T + weights["mix.bias"]
    outputs = np.maximum(hidden, 0) @ weights["last.weight"].T + weights["last.bias"]
    bounded: Singles = (MOST * np.tanh(outputs / MOST)).astype(np.float32)
    return bounded


def _sigmoid(values: Singles) -> Singles:
    # By the hyperbolic tangent: it does not overflow.
    half: Singles = (0.5 * (1 + np.tanh(0.5 * values))).astype(np.float32)
    return half
