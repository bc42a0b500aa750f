area <- function(w, h) { stopifnot(is.numeric(w), "height must be positive" = h > 0); w * h }
area(3, -1)
