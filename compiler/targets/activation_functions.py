"""The activation functions of targets, and how far a hidden unit of each is from the ReLU that it stands for.

A new one, such as an exact GELU, is a name here and the `activation` of a row of `TARGETS` (`compiler/targets/target.py`).
"""

from typing import Literal

Activation = Literal["relu", "gelu_new", "silu"]

UNIT_SCALE = 2.0**20
"""Unless it is a ReLU, a hidden unit gets its input times this and gives its output times the inverse."""
BEND = 0.28
"""How far GELU, its tanh form, or SiLU is from ReLU at most (SiLU: 0.2785 at -1.2785; GELU and its tanh form: 0.17)."""
CORNER = 2.0**-13
"""So far from its corner, and at it, a scaled hidden unit is a ReLU to the last bit: 2^7 is the least that it gets there,
and what its exponential leaves of 1 or 0 has been rounded away."""
