// What the machine's code and the kernel's signal frames look like: the one place in unwinding that knows instructions.

import LinuxSystem

enum CodePatterns {
    /// Reads a word of the stack.
    typealias ReadWord = (_ address: UInt64) -> UInt64?
}

#if arch(x86_64)
    extension CodePatterns {
        /// Bytes of the longest call.
        static let longestCall = 7
        static let returnAddressIsOnStack = true

        /// Whether the code that ends in `before` ends in a call.
        ///
        /// Source: Intel SDM 2A, CALL: E8 rel32, and FF /2 with every way of addressing (a prefix may come before).
        static func endsInCall(_ before: [UInt8]) -> Bool {
            let count = before.count
            if count >= 5, before[count - 5] == 0xE8 { return true }
            for length in 2...7 where count >= length && before[count - length] == 0xFF {
                if indirectCallLength(before[count - length + 1], length > 2 ? before[count - length + 2] : 0) == length
                {
                    return true
                }
            }
            return false
        }

        /// Where the call that ends right before `address` goes; `nil` where that is in a register or in memory.
        static func callTarget(_ before: [UInt8], endingAt address: UInt64) -> UInt64? {
            let count = before.count
            guard count >= 5, before[count - 5] == 0xE8 else { return nil }
            return address &+ UInt64(bitPattern: Int64(Int32(bitPattern: Bytes(before).u32(count - 4))))
        }

        /// Whether the code is a stub that goes on elsewhere.
        static func isStub(_ code: [UInt8]) -> Bool {
            let plain = code.starts(with: [0xF3, 0x0F, 0x1E, 0xFA]) ? Array(code.dropFirst(4)) : code
            return plain.starts(with: [0xFF, 0x25]) || plain.starts(with: [0xF2, 0xFF, 0x25]) || plain.first == 0xE9
        }

        /// Of `FF modrm …`; 0 where it is no call.
        private static func indirectCallLength(_ modrm: UInt8, _ scale: UInt8) -> Int {
            guard modrm >> 3 & 7 == 2 else { return 0 }
            let memory = modrm & 7
            let scaled = memory == 4 ? 1 : 0
            switch modrm >> 6 {
            case 0 where memory == 5: return 6
            case 0 where memory == 4 && scale & 7 == 5: return 7
            case 0: return 2 + scaled
            case 1: return 3 + scaled
            case 2: return 6 + scaled
            default: return 2
            }
        }

        /// Whether the code is what signal handlers return to: `mov $15, %rax; syscall` (`__NR_rt_sigreturn`).
        static func isSignalReturn(_ code: [UInt8]) -> Bool {
            code.starts(with: [0x48, 0xC7, 0xC0, 0x0F, 0, 0, 0, 0x0F, 0x05])
                || code.starts(with: [0xB8, 0x0F, 0, 0, 0, 0x0F, 0x05])
        }

        /// Where the return address is, from the stack pointer on, when this code runs next; `nil` where it does not tell.
        ///
        /// The first instructions of a function, its last one, and the stubs through which other images are called.
        static func returnAddressOffset(_ code: [UInt8]) -> UInt64? {
            let isEntry = code.starts(with: [0xF3, 0x0F, 0x1E, 0xFA])
            if isEntry || isStub(code) { return 0 }
            switch code.first {
            // push %rbp; ret; the second half of a stub pushes its number.
            case 0x55, 0xC3, 0x68: return 0
            // mov %rsp, %rbp
            default: return code.starts(with: [0x48, 0x89, 0xE5]) ? 8 : nil
            }
        }

        /// The registers that the kernel saved when it called a handler, as NT_PRSTATUS has them.
        ///
        /// Source: asm/sigcontext.h: `uc_mcontext` is 40 bytes into the `ucontext` at the stack pointer.
        static func interruptedRegisters(stackPointer: UInt64, _ read: ReadWord) -> [UInt8]? {
            let order = [
                "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi", "rsi", "rbp", "rbx", "rdx", "rax", "rcx",
                "rsp", "rip",
            ]
            return savedRegisters(order, at: stackPointer &+ 40, read)
        }
    }
#elseif arch(arm64)
    extension CodePatterns {
        static let longestCall = 4
        static let returnAddressIsOnStack = false

        /// `bl`, `blr`.
        static func endsInCall(_ before: [UInt8]) -> Bool {
            guard before.count >= 4 else { return false }
            let instruction = Bytes(Array(before.suffix(4))).u32(0)
            return instruction & 0xFC00_0000 == 0x9400_0000 || instruction & 0xFFFF_FC1F == 0xD63F_0000
        }

        static func callTarget(_ before: [UInt8], endingAt address: UInt64) -> UInt64? {
            guard before.count >= 4 else { return nil }
            let instruction = Bytes(Array(before.suffix(4))).u32(0)
            guard instruction & 0xFC00_0000 == 0x9400_0000 else { return nil }
            let offset = Int64(Int32(bitPattern: instruction << 6) >> 6) * 4
            return address &- 4 &+ UInt64(bitPattern: offset)
        }

        /// `b`, or `adrp x16; ldr x17, …` of a PLT.
        static func isStub(_ code: [UInt8]) -> Bool {
            let instruction = Bytes(code).u32(0)
            return instruction & 0xFC00_0000 == 0x1400_0000 || instruction & 0x9F00_001F == 0x9000_0010
        }

        /// `mov x8, #139; svc #0`
        static func isSignalReturn(_ code: [UInt8]) -> Bool {
            code.starts(with: [0x68, 0x11, 0x80, 0xD2, 0x01, 0, 0, 0xD4])
        }

        static func returnAddressOffset(_ code: [UInt8]) -> UInt64? { nil }

        /// Source: asm/sigcontext.h: siginfo (128), ucontext up to `uc_mcontext` (176), the fault's address (8).
        static func interruptedRegisters(stackPointer: UInt64, _ read: ReadWord) -> [UInt8]? {
            let order = (0..<29).map { "x\($0)" } + ["fp", "lr", "sp", "pc"]
            return savedRegisters(order, at: stackPointer &+ 312, read)
        }
    }
#endif

extension CodePatterns {
    fileprivate static func savedRegisters(_ order: [String], at start: UInt64, _ read: ReadWord) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: RegisterLayout.size)
        for (index, name) in order.enumerated() {
            guard let register = RegisterLayout.names.first(where: { $0.name == name }),
                let value = read(start &+ UInt64(index) * 8)
            else { return nil }
            RegisterLayout.set(value, at: register.offset, of: &bytes)
        }
        return bytes
    }
}
