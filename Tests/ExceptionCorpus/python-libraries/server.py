import shop


def application(environment, start):
    shop.load({}, 7)
