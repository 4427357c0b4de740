"""Voices made on the spot, with labels they truly carry. Never more than a stand-in for people."""
