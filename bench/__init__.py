"""Measurements against a floor in the same run. Figures and how to read them: docs/performance.md."""
