-- One database each: MLflow and Optuna both keep their releases in a table alembic_version.
CREATE DATABASE feast;
CREATE DATABASE mlflow;
CREATE DATABASE optuna;
