"""Coze's install snippet, in any shape, read into the fields of a widget."""
