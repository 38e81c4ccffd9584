"""Qwen3-ASR, through Transformers."""
