"""Figures for notebooks: pictures, curves, plots, and a painting that can be watched."""
