// The order in which registers are read: where it stood first, then as the manuals number them.

/// Sorts the registers of x86-64 and AArch64 by name; others follow by their letters and numbers.
struct RegisterOrder: Comparable {
    private let rank: Int
    private let name: String

    private static let order = [
        "rip", "rsp", "rbp", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
        "r15", "pc", "sp", "fp", "lr",
    ]

    static func of(_ name: String) -> RegisterOrder { RegisterOrder(name) }

    private init(_ name: String) {
        self.name = name
        if let place = Self.order.firstIndex(of: name) {
            rank = place
        } else if name.hasPrefix("x"), let number = Int(name.dropFirst()) {
            rank = 100 + number
        } else {
            rank = 1000
        }
    }

    static func < (left: Self, right: Self) -> Bool { (left.rank, left.name) < (right.rank, right.name) }
}
