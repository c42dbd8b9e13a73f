"""Figures of a study, 5.5 inches wide as a NeurIPS page is, the same bytes for the same numbers.

style     fonts, colours and how a figure is written
scores    MOS with intervals, shares of ABX trials
scatter   metric against ears
training  training curves
pitches   error by instrument and pitch, and by family
coverage  whether intervals hold the truth
draw      which of them a folder of results gives
"""
