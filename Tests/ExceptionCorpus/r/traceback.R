options(error = function() { traceback(2); quit(status = 1) })
inner <- function(x) {
  if (x < 0) {
    stop("negative value")
  }
}
outer_call <- function(x) inner(x - 10)
outer_call(3)
