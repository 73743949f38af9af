"""What a saved model is (load, predict, explain), and the registry with its gates."""
