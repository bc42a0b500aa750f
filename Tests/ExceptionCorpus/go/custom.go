package main

import "fmt"

type badRow struct {
	Number int
	Reason string
}

func check(number int) { panic(badRow{number, "too long"}) }

func main() {
	defer fmt.Println("deferred")
	check(7)
}
