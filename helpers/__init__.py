"""The small package that the notebooks of CNN Gasshuku share.

Import the module you need: ``from helpers.data import batches``. Nothing is imported here, so that
the PyTorch notebooks never load Keras and the Keras notebook never loads PyTorch.
"""
