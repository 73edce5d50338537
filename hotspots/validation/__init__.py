"""Validation: how good maps would have been, and which settings make better ones.

Rolling-origin back-tests give each method what was known at a past moment and nothing else, and
judge its map by what came after.
"""
