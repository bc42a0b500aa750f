import RunOptions

func examine(_ plan: RunPlan, json: Bool) -> Int32 { 1 }
