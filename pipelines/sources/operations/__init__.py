"""Operations on a table's source: keys of a table in `mapping.yaml` that change its rows before they are typed.

An operation is a module with one class (see `operation.Operation`) and a line in `mapping_form.TableMapping`, whose
name is its key; the order of those lines is the order in which operations run.
"""
