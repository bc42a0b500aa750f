struct Row { var number: Int }

func pick(_ rows: [Row], _ index: Int) -> Row { rows[index] }

let rows = [Row(number: 1)]
print(pick(rows, CommandLine.arguments.count + 3))
