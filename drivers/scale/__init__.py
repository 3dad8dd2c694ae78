"""Scales: their protocols, what lies on the pan, and a weight that is taken once."""

from drivers.scale.reading import Reading, State, Unit, Weight
from drivers.scale.scale import Scale
from drivers.scale.talk import ScaleProtocol

__all__ = ["Reading", "Scale", "ScaleProtocol", "State", "Unit", "Weight"]
