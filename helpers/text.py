"""Every sentence that a student may see, in one place, so that wording stays even.

A sentence with ``{names}`` is filled in with :meth:`str.format` by the module that shows it.
Hints of exercises are at the end: ``HINTS["3-1"]["no_zero_grad"]``.
"""

# --- helpers.data -------------------------------------------------------------------------------
