"""Tests of the storage of content."""
