"""The look of the hub: base templates, components, design tokens, navigation."""
