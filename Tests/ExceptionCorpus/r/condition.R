condition <- structure(class = c("payment_error", "error", "condition"),
                       list(message = "payment declined", call = quote(charge(12))))
pay <- function(amount) stop(condition)
pay(12)
