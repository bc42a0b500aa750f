using System;

namespace Shop {
    class Ledger {
        public static void Check(int sum) {
            if (sum != 0) Environment.FailFast("the ledger does not balance: " + sum);
        }

        public static void CheckAll() {
            try {
                throw new InvalidOperationException("no such account");
            } catch (Exception error) {
                Environment.FailFast("the ledger is gone", error);
            }
        }
    }

    class Program {
        static void Main(string[] arguments) {
            if (arguments.Length > 0) Ledger.CheckAll();
            Ledger.Check(3);
        }
    }
}
