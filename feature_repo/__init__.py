"""The Feast repository: data contract, transforms, entities, feature views and services."""
