def main(value):
    return value + 1
