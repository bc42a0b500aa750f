package main

type config struct{ port int }

func load() *config { return nil }

func main() {
	println(load().port)
}
