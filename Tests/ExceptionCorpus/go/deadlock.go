package main

func main() {
	block := make(chan int)
	<-block
}
