"""The listening page: a person listens to the systems, looks at them and compares.

content  which notes, systems and numbers are on it
rows     what each note looks and sounds like: FLAC, rainbowgram, metrics
page     the HTML, as a folder or as one file
"""
