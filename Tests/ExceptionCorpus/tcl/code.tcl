proc pay {amount} { throw {SHOP PAYMENT declined} "payment of $amount declined" }
pay 12
