# Placeholder until the package files land below.
