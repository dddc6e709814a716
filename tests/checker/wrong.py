"""What the checker raises."""


class Wrong(Exception):
    """The program is not what it should be; the text says where and why."""


def check(condition, text):
    if not condition:
        raise Wrong(text)
