// Go's ends. Its runtime handles SIGSEGV and exits with 2; with GOTRACEBACK=crash it dies of SIGABRT.
package main

import (
	"fmt"
	"os"
)

type order struct{ amount int }

//go:noinline
func readOrder(o *order) int {
	return o.amount // crash: nil-read
}

//go:noinline
func nilRead() int {
	var o *order
	return readOrder(o) + 1
}

//go:noinline
func recovers() (message string) {
	defer func() { message = fmt.Sprint("recovered: ", recover()) }()
	return fmt.Sprint(nilRead())
}

func main() {
	switch verb := os.Args[1]; verb {
	case "nil-read":
		fmt.Println(nilRead())
	case "recover":
		fmt.Println(recovers())
	case "panic":
		panic("out of spoons") // crash: panic
	default:
		os.Exit(99)
	}
}
