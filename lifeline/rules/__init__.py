"""Rule files: strict reading, checking, and compiling into the pack the detector uses."""
