"""Optimizers that torch does not have."""

from imgcls.optimizers.muon import Muon

__all__ = ["Muon"]
