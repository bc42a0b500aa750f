read_config <- function(path) {
  stop("cannot open ", path)
}
main <- function() {
  read_config("/etc/shop.conf")
}
cat("starting\n")
main()
