package main

func main() {
	table := map[int]int{}
	for worker := 0; worker < 4; worker++ {
		go func(worker int) {
			for {
				table[worker]++
			}
		}(worker)
	}
	select {}
}
