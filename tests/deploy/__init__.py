"""What runs the product elsewhere: its image, compose file and manifests, held to schemas and to the product."""
