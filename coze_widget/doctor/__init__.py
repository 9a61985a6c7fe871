"""What is wrong with a widget, looked for step by step from its settings to its visitors."""
