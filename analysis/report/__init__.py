"""The report: a study's story on one page that opens from a disk.

story      what the study was: design, raters, screening, limits
checklist  what a reviewer asks, and whether the results answer it
page       the HTML
"""
