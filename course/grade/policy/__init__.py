"""What an instructor decides beside the answers: weights, voided exercises, late work, comments.

It is applied when results are recorded, at each run anew, and nothing is run again for it. The
gradebook keeps the points as they were given.
"""
