"""SING, the Symbol-to-Instrument Neural Generator (Défossez et al., NeurIPS 2018)."""

__version__ = "0.1.0"
