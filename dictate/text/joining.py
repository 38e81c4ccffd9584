"""The rule by which texts are joined, for the stages around this one."""

from dictate.joining import needs_space as needs_space
