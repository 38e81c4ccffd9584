"""Transducers of NeMo in ONNX files, for any processor."""
