"""A mutation fuzzer with a saved corpus, on the codec and against a live speaker: ``make fuzz``.

What a target says of an input ("update: withdrawn, 3/9, ...") is its *feature*; an input with a feature not seen before
is worth mutating again, and is kept. A finding is an exception that is not one of ours, or a law that doesn't hold.
"""
