"""What a release's objects, pods and processes are at this moment, each looked at once.

A look raises AcceptanceError when something is not as it should be, and fails also when there was nothing to look at.
"""
