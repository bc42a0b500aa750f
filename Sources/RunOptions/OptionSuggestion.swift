// What may have been meant by an option that does not exist.

/// A sentence for a word that looks like an option and is none of the verb's.
func unknownOption(_ spelling: String, verb: VerbSet) -> String {
    let name = String(spelling.unicodeScalars.drop { $0 == "-" })
    if let owner = verbNames(taking: name, short: !spelling.hasPrefix("--")) {
        return "\(spelling) is an option of \(owner) only"
    }
    guard let near = nearestOption(to: name, verb: verb), spelling.hasPrefix("--") else {
        return "there is no option \(quoted(spelling)); see sentry-run --help"
    }
    return "there is no option \(quoted(spelling)); did you mean \(near)?"
}

private func verbNames(taking name: String, short: Bool) -> String? {
    guard let option = allOptions.first(where: { short ? $0.short == name : $0.name == name }) else { return nil }
    let names = VerbPage.all.filter { option.verbs.contains($0.verb) }.map {
        $0.name.isEmpty ? "sentry-run" : "sentry-run \($0.name)"
    }
    return names.isEmpty ? nil : names.joined(separator: ", ")
}

/// The option whose name is the fewest edits away, if that is few enough, or the only one that begins so.
private func nearestOption(to name: String, verb: VerbSet) -> String? {
    let candidates = allOptions.filter { !$0.verbs.isDisjoint(with: verb) }.flatMap { option in
        option.isNegatable ? [option.name, "no-\(option.name)"] : [option.name]
    }
    let beginning = candidates.filter { $0.hasPrefix(name) }
    if name.utf8.count >= 2, beginning.count == 1 { return "--\(beginning[0])" }
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(Array(name.utf8), Array(candidate.utf8))
        if distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(1, name.utf8.count / 3) else { return nil }
    return "--\(best.name)"
}

/// Insertions, deletions, replacements and swaps of neighbours that make one of the other (optimal string alignment).
func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for i in left.indices {
        var row = [i + 1] + [Int](repeating: 0, count: right.count)
        for j in right.indices {
            let replaced = last[j] + (left[i] == right[j] ? 0 : 1)
            row[j + 1] = min(last[j + 1] + 1, row[j] + 1, replaced)
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
            }
        }
        (beforeLast, last) = (last, row)
    }
    return last[right.count]
}
