"""NVIDIA Nemotron Speech Streaming, through NeMo."""
