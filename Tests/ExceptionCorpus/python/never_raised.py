def price(order):
    raise ValueError("no price for order %d" % order) from KeyError("price")


price(7)
