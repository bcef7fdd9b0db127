"""Authored texts keep their paragraphs, not their editor's line width."""

from __future__ import annotations

from workers.campaign.texts import folded


def test_a_wrapped_paragraph_is_one_line():
    """A letter must not break lines where the campaign file does."""
    assert folded("Our river is\nnot clean.\n\nWill you\nact?\n") == "Our river is not clean.\n\nWill you act?"


def test_list_items_keep_their_lines():
    """Numbers and dashes at the start of a line are meant."""
    written = "I ask for\n1. this and\n   more,\n2. that\n- and so on"
    assert folded(written) == "I ask for\n1. this and more,\n2. that\n- and so on"
