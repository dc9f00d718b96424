"""The run log: metrics and objects recorded step by step, kept in one folder, drawn as charts."""
