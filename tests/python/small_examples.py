"""Examples of one line, for tests that need some."""

SHAPES = ["circle", "square", "triangle", "hexagon", "star", "cube"]


def example(shape, **extra):
    messages = [
        {"role": "user", "content": f"Name the shape {shape}."},
        {"role": "assistant", "content": f"Shape: {shape}. Next step: draw it."},
    ]
    return {"messages": messages, **extra}
