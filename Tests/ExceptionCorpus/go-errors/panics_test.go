package main

import "testing"

func TestTotal(t *testing.T) {
	if importRows([]int{1, 2, 3, 4}) != 5 {
		t.Errorf("the total is wrong")
	}
}

func TestMissing(t *testing.T) { importRows(nil) }
