"""The small package that the notebooks of CNN Gasshuku share.

Import the module you need: ``from helpers.data import batches``. Nothing is imported here, so that
the PyTorch notebooks never load Keras and the Keras notebook never loads PyTorch.

What is promised:

- Images for a model are a tensor (N, C, H, W) of the type of its weights. They are brought to the
  model's device. Batches are pairs of such images and int64 labels (N,).
- :class:`helpers.data.Batches` holds bytes, 0 to 255. Figures take bytes, or floats in [0, 1].
- A model is any ``nn.Module`` that returns logits (N, classes). A layer is named by its dotted
  path, and its maps are (N, C, h, w).
- What looks into a model leaves it as it was found, after an error too.
- The same seed gives the same result on a CPU, and changes nobody else's random numbers.
- Figures look the same whatever style the notebook has chosen, in every letter.

What is refused, in a sentence that says what to do (:mod:`helpers.errors`): what would otherwise
be computed or drawn wrongly in silence, such as pixels of another range or channels that come last;
and models that no notebook makes: compiled ones where a layer is looked for, lazy ones before their
first image, and those made in ``torch.inference_mode``. Arguments of a wrong type are left to
Python's own errors.
"""
